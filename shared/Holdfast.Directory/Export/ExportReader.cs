using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Holdfast.Primitives;

namespace Holdfast.Directory.Export;

/// <summary>Reads the records of an export, and at its end whether all of it was read as it was written.</summary>
internal sealed class ExportReader
{
    /// <summary>The longest legal line has a key of 512 bytes, each escaped.</summary>
    private const int LineBytesMax = 8_192;

    private ExportHead? _head;
    private ExportFoot? _foot;
    private long _records;
    private long _tombstones;
    private Token _newest;
    private long _newestLine;

    /// <summary>What was read, once all of it was.</summary>
    public ExportSummary Summary
    {
        get
        {
            Invariant.Holds(_head is not null && _foot is not null);
            return new ExportSummary(
                _head!.Origin, _head.Shards, _head.At, _records, _tombstones, _newest, _newestLine);
        }
    }

    /// <exception cref="DirectoryExportException">A line is none of an export, or the end is not the written
    /// one.</exception>
    public async IAsyncEnumerable<GrainRecord> ReadAsync(
        Stream from, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var number = 0L;
        await foreach (var line in LinesAsync(from, cancel))
        {
            number++;
            if (_foot is not null)
                throw new DirectoryExportException(ExportFault.TooLong, number, "something follows the last line.");
            if (number > 1 && ExportLine.IsFoot(line))
            {
                _foot = ExportLine.Read<ExportFoot>(line, number);
                continue;
            }

            hash.AppendData(line);
            hash.AppendData("\n"u8);
            if (number == 1) _head = Head(line);
            else yield return Record(line, number);
        }

        if (number == 0) throw new DirectoryExportException(ExportFault.NoExport, 1, "there is nothing.");
        DemandEnd(number, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    private static ExportHead Head(byte[] line)
    {
        ExportMark mark;
        try
        {
            mark = ExportLine.Read<ExportMark>(line, 1);
        }
        catch (DirectoryExportException)
        {
            mark = new ExportMark(null, null);
        }

        if (mark is not { Holdfast: ExportHead.Name, Format: { } format })
            throw new DirectoryExportException(ExportFault.NoExport, 1, "this is no export of a directory.");
        if (format != ExportHead.FormatNow)
        {
            throw new DirectoryExportException(
                ExportFault.OtherFormat, 1, $"it has the format {format}, this program reads {ExportHead.FormatNow}.");
        }

        return ExportLine.Read<ExportHead>(line, 1);
    }

    private GrainRecord Record(byte[] line, long number)
    {
        var record = ExportLine.Read<ExportedRecord>(line, number).ToRecord();
        try
        {
            DirectoryArguments.DemandRecord(record);
        }
        catch (ArgumentException illegal)
        {
            throw new DirectoryExportException(ExportFault.Malformed, number, illegal.Message);
        }

        _records++;
        if (record.Tombstone) _tombstones++;
        if (record.Epoch.Token > _newest) (_newest, _newestLine) = (record.Epoch.Token, number);
        return record;
    }

    private void DemandEnd(long number, string checksum)
    {
        if (_foot is null)
            throw new DirectoryExportException(ExportFault.Incomplete, number + 1, "the end is missing.");
        if (_foot.Records != _records || _foot.Tombstones != _tombstones)
        {
            throw new DirectoryExportException(
                ExportFault.OtherCount,
                number,
                $"it counts {_foot.Records} records and {_foot.Tombstones} tombstones among them, " +
                $"{_records} and {_tombstones} are there.");
        }

        if (_foot.Sha256 != checksum)
        {
            throw new DirectoryExportException(
                ExportFault.OtherChecksum, number, "the checksum is another: something was changed.");
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

                if (rest.Length > LineBytesMax)
                    throw new DirectoryExportException(ExportFault.Malformed, number + 1, "it is too long.");
                if (read.IsCompleted && !rest.IsEmpty)
                    throw new DirectoryExportException(ExportFault.Incomplete, number + 1, "it does not end.");
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
