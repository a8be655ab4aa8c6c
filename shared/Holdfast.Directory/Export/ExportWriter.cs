using System.Buffers;
using System.Security.Cryptography;

namespace Holdfast.Directory.Export;

/// <summary>Writes the lines of an export and sums them up for the last one.</summary>
internal sealed class ExportWriter(Stream to) : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly ArrayBufferWriter<byte> _page = new();
    private long _tombstones;

    public long Records { get; private set; }

    /// <summary>Records of the pages that could not be read.</summary>
    public long Malformed { get; private set; }

    public Task BeginAsync(ExportHead head, CancellationToken cancel)
    {
        ExportLine.Write(head, _page);
        return SendAsync(cancel);
    }

    public async Task AppendAsync(GrainPage page, CancellationToken cancel)
    {
        Malformed += page.Malformed;
        foreach (var record in page.Records)
        {
            ExportLine.Write(ExportedRecord.Of(record), _page);
            Records++;
            if (record.Tombstone) _tombstones++;
        }

        await SendAsync(cancel);
    }

    public async Task EndAsync(CancellationToken cancel)
    {
        ExportLine.Write(
            new ExportFoot(Records, _tombstones, Convert.ToHexStringLower(_hash.GetHashAndReset())), _page);
        await SendAsync(cancel);
        await to.FlushAsync(cancel);
    }

    public void Dispose() => _hash.Dispose();

    private async Task SendAsync(CancellationToken cancel)
    {
        _hash.AppendData(_page.WrittenSpan);
        await to.WriteAsync(_page.WrittenMemory, cancel);
        _page.ResetWrittenCount();
    }
}
