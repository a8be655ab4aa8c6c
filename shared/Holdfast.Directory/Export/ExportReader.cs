using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Holdfast.Directory.Export;

/// <summary>Reads the records of an export, and at its end whether all of it was read as it was written.</summary>
internal static class ExportReader
{
    /// <summary>The longest legal line has a key of 512 bytes, each escaped.</summary>
    private const int LineBytesMax = 8_192;

    /// <exception cref="DirectoryExportException">A line is none of an export, or the end is not the written
    /// one.</exception>
    public static async IAsyncEnumerable<GrainRecord> ReadAsync(
        Stream from, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (number, records) = (0L, 0L);
        ExportFoot? foot = null;
        await foreach (var line in LinesAsync(from, cancel))
        {
            number++;
            if (foot is not null) throw new DirectoryExportException(number, "something follows the last line.");
            if (number > 1 && ExportLine.IsFoot(line))
            {
                foot = ExportLine.Read<ExportFoot>(line, number);
                continue;
            }

            hash.AppendData(line);
            hash.AppendData("\n"u8);
            if (number == 1)
            {
                DemandHead(ExportLine.Read<ExportHead>(line, number));
                continue;
            }

            records++;
            yield return Demand(ExportLine.Read<ExportedRecord>(line, number), number);
        }

        if (foot is null) throw new DirectoryExportException(number + 1, "the end is missing.");
        if (foot.Records != records)
            throw new DirectoryExportException(number, $"it counts {foot.Records} records, {records} are there.");
        if (foot.Sha256 != Convert.ToHexStringLower(hash.GetHashAndReset()))
            throw new DirectoryExportException(number, "the checksum is another: something was changed.");
    }

    private static void DemandHead(ExportHead head)
    {
        if (head.Holdfast != ExportHead.Name) throw new DirectoryExportException(1, "this is no export.");
        if (head.Format != ExportHead.FormatNow)
        {
            throw new DirectoryExportException(
                1, $"it has the format {head.Format}, this program reads {ExportHead.FormatNow}.");
        }
    }

    private static GrainRecord Demand(ExportedRecord exported, long number)
    {
        var record = exported.ToRecord();
        try
        {
            DirectoryArguments.DemandRecord(record);
            return record;
        }
        catch (ArgumentException illegal)
        {
            throw new DirectoryExportException(number, illegal.Message);
        }
    }

    private static async IAsyncEnumerable<byte[]> LinesAsync(
        Stream from, [EnumeratorCancellation] CancellationToken cancel)
    {
        var reader = PipeReader.Create(from, new StreamPipeReaderOptions(leaveOpen: true));
        var number = 0L;
        try
        {
            while (true)
            {
                var read = await reader.ReadAsync(cancel);
                var rest = read.Buffer;
                while (rest.PositionOf((byte)'\n') is { } end)
                {
                    number++;
                    yield return rest.Slice(0, end).ToArray();
                    rest = rest.Slice(rest.GetPosition(1, end));
                }

                if (rest.Length > LineBytesMax) throw new DirectoryExportException(number + 1, "it is too long.");
                if (read.IsCompleted && !rest.IsEmpty)
                    throw new DirectoryExportException(number + 1, "it does not end.");
                reader.AdvanceTo(rest.Start, rest.End);
                if (read.IsCompleted) yield break;
            }
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }
}
