using System.Security.Cryptography;
using Holdfast.Primitives;

namespace Holdfast.Directory.Export;

/// <summary>What came of an export.</summary>
/// <param name="Status">
/// <see cref="DirectoryStatus.Ok"/>, or what a shard answered: then the export has no last line and cannot be imported.
/// </param>
/// <param name="Records">Records written; one that changed meanwhile may be there twice.</param>
public sealed record ExportOutcome(DirectoryStatus Status, long Records);

/// <summary>What came of an import.</summary>
/// <param name="Records">Records in the export.</param>
/// <param name="ByStatus">
/// How many were answered so: <see cref="DirectoryStatus.Ok"/> is there now, <see cref="DirectoryStatus.LostRace"/> was
/// older than what is known, all else is what <see cref="IShardRepair.ImportAsync"/> refuses.
/// </param>
public sealed record ImportOutcome(long Records, IReadOnlyDictionary<DirectoryStatus, long> ByStatus);

/// <summary>
/// Brings all records of a directory, tombstones too, into a stream and back: against the loss of a memory whose owners
/// are dead. Offers, grants, slots, outbox and history do not go along. The directory may be in use; each record is as
/// it was when its page was read. An import checks the whole export before it writes anything, works in the reassert
/// window only, and may be repeated. The number of shards may be another.
/// </summary>
public static class DirectoryExport
{
    /// <summary>Writes an export.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="to">Where to; not closed.</param>
    /// <param name="at">When, UTC; for people.</param>
    /// <param name="progress">Hears how many records are written.</param>
    /// <param name="cancel">Gives up; what is written then cannot be imported.</param>
    public static async Task<ExportOutcome> WriteAsync(
        IGrainDirectory directory, Stream to, DateTime at, IProgress<long>? progress, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(directory);
        ArgumentNullException.ThrowIfNull(to);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var records = 0L;
        await AppendAsync(new ExportHead(ExportHead.Name, ExportHead.FormatNow, directory.Shards, at));
        for (var shard = 0; shard < directory.Shards; shard++)
        {
            string? cursor = null;
            do
            {
                var page = await directory.ScanAsync(shard, cursor, cancel);
                if (page.Status != DirectoryStatus.Ok) return new ExportOutcome(page.Status, records);
                foreach (var record in page.Records) await AppendAsync(ExportedRecord.Of(record));
                records += page.Records.Count;
                progress?.Report(records);
                cursor = page.Next;
            }
            while (cursor is not null);
        }

        var digest = Convert.ToHexStringLower(hash.GetHashAndReset());
        await to.WriteAsync(ExportLine.Write(new ExportFoot(records, digest)), cancel);
        await to.FlushAsync(cancel);
        return new ExportOutcome(DirectoryStatus.Ok, records);

        async Task AppendAsync<T>(T line)
        {
            var bytes = ExportLine.Write(line);
            hash.AppendData(bytes);
            await to.WriteAsync(bytes, cancel);
        }
    }

    /// <summary>Checks an export and brings its records back.</summary>
    /// <param name="directory">The directory, whose shards are in the reassert window.</param>
    /// <param name="from">The export from its beginning; read twice, so it must be able to go back.</param>
    /// <param name="election">The election whose token the caller holds.</param>
    /// <param name="token">That token, not below the floors.</param>
    /// <param name="progress">Hears how many records were answered.</param>
    /// <param name="cancel">Gives up; what was imported stays, and the import may be repeated.</param>
    /// <exception cref="DirectoryExportException">It is no export, or not whole; nothing was changed.</exception>
    public static async Task<ImportOutcome> ImportAsync(
        IGrainDirectory directory,
        Stream from,
        ElectionName election,
        Token token,
        IProgress<long>? progress,
        CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(directory);
        ArgumentNullException.ThrowIfNull(from);
        if (!from.CanSeek) throw new ArgumentException("An export is read twice, to check it first.", nameof(from));
        var start = from.Position;
        var records = 0L;
        await foreach (var _ in ExportReader.ReadAsync(from, cancel)) records++;
        from.Position = start;

        var byStatus = new Dictionary<DirectoryStatus, long>();
        var (batch, answered) = (new List<GrainRecord>(), 0L);
        await foreach (var record in ExportReader.ReadAsync(from, cancel))
        {
            batch.Add(record);
            if (batch.Count == DirectoryLimits.GrainsPerCallMax) await SendAsync();
        }

        await SendAsync();
        return new ImportOutcome(records, byStatus);

        async Task SendAsync()
        {
            foreach (var answer in await directory.ImportAsync(batch, election, token, cancel))
                byStatus[answer.Status] = byStatus.GetValueOrDefault(answer.Status) + 1;
            answered += batch.Count;
            progress?.Report(answered);
            batch.Clear();
        }
    }
}
