using Holdfast.Primitives;

namespace Holdfast.Directory.Export;

/// <summary>What came of an export.</summary>
/// <param name="Status">
/// <see cref="DirectoryStatus.Ok"/>, or what a shard answered, <see cref="DirectoryStatus.Reasserting"/> among them:
/// then the export has no last line and cannot be imported.
/// </param>
/// <param name="Shard">The shard that answered so; null when all of them were written.</param>
/// <param name="Records">Records written; one that changed meanwhile may be there twice.</param>
public sealed record ExportOutcome(DirectoryStatus Status, int? Shard, long Records)
{
    /// <summary>
    /// Records that the directory did not write so and cannot read: they are not in the export. One that was met twice
    /// is counted twice.
    /// </summary>
    public long Malformed { get; init; }
}

/// <summary>By what right an export is brought back.</summary>
/// <param name="Origin">The installation, as the export must name it.</param>
/// <param name="Election">The election whose token the caller holds.</param>
/// <param name="Token">That token, not below the floors; no record above it is accepted.</param>
public sealed record ImportRight(string Origin, ElectionName Election, Token Token);

/// <summary>What came of an import.</summary>
/// <param name="Export">What was imported.</param>
/// <param name="ByStatus">
/// How many records were answered so: <see cref="DirectoryStatus.Ok"/> is there now,
/// <see cref="DirectoryStatus.LostRace"/> was older than what is known, <see cref="DirectoryStatus.NotReasserting"/> is
/// on a shard outside its window; all else is what <see cref="IShardRepair.ImportAsync"/> refuses.
/// </param>
public sealed record ImportOutcome(ExportSummary Export, IReadOnlyDictionary<DirectoryStatus, long> ByStatus);

/// <summary>
/// Brings all records of a directory, tombstones too, into a stream and back: against the loss of a memory whose owners
/// are dead. Offers, grants, slots, outbox and history do not go along. The directory may be in use: nothing is locked,
/// each record is as it was when its page was read. An import checks the whole export before it writes anything, works
/// in the reassert window only, and may be repeated. The number of shards may be another.
/// </summary>
public static class DirectoryExport
{
    // Sent at once: parts of them run side by side, and a window is soon over.
    private const int RecordsPerRound = 16 * DirectoryLimits.GrainsPerCallMax;

    // Who restarts more often meanwhile is not fit to be exported.
    private const int ScansPerShardMax = 3;

    /// <summary>What is wrong with the name of an installation, for people; null when nothing is.</summary>
    public static string? OriginProblem(string origin) => ExportHead.OriginProblem(origin);

    /// <summary>Writes an export.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="to">Where to, in one write for each page; not closed.</param>
    /// <param name="origin">Names the installation: 1 to 128 characters without control characters.</param>
    /// <param name="at">When, UTC; for people.</param>
    /// <param name="progress">Hears how many records are written.</param>
    /// <param name="cancel">Gives up; what is written then cannot be imported.</param>
    /// <exception cref="DirectoryUnavailableException">As of any call; what is written cannot be imported.</exception>
    public static async Task<ExportOutcome> WriteAsync(
        IGrainDirectory directory,
        Stream to,
        string origin,
        DateTime at,
        IProgress<long>? progress,
        CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(directory);
        ArgumentNullException.ThrowIfNull(to);
        if (OriginProblem(origin) is { } problem) throw new ArgumentException(problem, nameof(origin));
        using var lines = new ExportWriter(to);
        var head = new ExportHead(ExportHead.Name, ExportHead.FormatNow, directory.Shards, at, origin);
        await lines.BeginAsync(head, cancel);
        for (var shard = 0; shard < directory.Shards; shard++)
        {
            var status = await WriteShardAsync(directory, shard, lines, progress, cancel);
            if (status == DirectoryStatus.Ok) continue;
            return new ExportOutcome(status, shard, lines.Records) { Malformed = lines.Malformed };
        }

        await lines.EndAsync(cancel);
        return new ExportOutcome(DirectoryStatus.Ok, null, lines.Records) { Malformed = lines.Malformed };
    }

    /// <summary>Reads an export to its end and says what it is.</summary>
    /// <param name="from">The export from its beginning.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="DirectoryExportException">It is no export, or not whole.</exception>
    public static async Task<ExportSummary> CheckAsync(Stream from, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(from);
        var reader = new ExportReader();
        await foreach (var _ in reader.ReadAsync(from, cancel)) cancel.ThrowIfCancellationRequested();
        return reader.Summary;
    }

    /// <summary>Checks an export and brings its records back.</summary>
    /// <param name="directory">The directory, whose shards are in the reassert window.</param>
    /// <param name="from">The export from its beginning; read twice, so it must be able to go back.</param>
    /// <param name="right">Who imports, and into what.</param>
    /// <param name="progress">Hears how many records were answered.</param>
    /// <param name="cancel">Gives up; what was imported stays, and the import may be repeated.</param>
    /// <exception cref="DirectoryExportException">
    /// It is no export, not whole, another installation's, or from the future; nothing was changed.
    /// </exception>
    /// <exception cref="DirectoryUnavailableException">As of any call; the import may be repeated.</exception>
    public static async Task<ImportOutcome> ImportAsync(
        IGrainDirectory directory,
        Stream from,
        ImportRight right,
        IProgress<long>? progress,
        CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(directory);
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(right);
        if (!from.CanSeek) throw new ArgumentException("An export is read twice, to check it first.", nameof(from));
        var start = from.Position;
        var summary = await CheckAsync(from, cancel);
        summary.DemandFor(right);
        from.Position = start;

        var byStatus = new Dictionary<DirectoryStatus, long>();
        var (round, answered) = (new List<GrainRecord>(), 0L);
        await foreach (var record in new ExportReader().ReadAsync(from, cancel))
        {
            round.Add(record);
            if (round.Count == RecordsPerRound) await SendAsync();
        }

        if (round.Count > 0) await SendAsync();
        return new ImportOutcome(summary, byStatus);

        async Task SendAsync()
        {
            foreach (var answer in await directory.ImportAsync(round, right.Election, right.Token, cancel))
                byStatus[answer.Status] = byStatus.GetValueOrDefault(answer.Status) + 1;
            answered += round.Count;
            progress?.Report(answered);
            round.Clear();
        }
    }

    /// <summary>
    /// All records of a shard, from one memory and outside a window: in it, most is not told yet. Its pages are of one
    /// process, as the cursor of one says nothing to another, which would leave records out; so after a restart or
    /// another master the shard is read again, once it was confirmed. Records of the reading before stay: the memory
    /// only went on since.
    /// </summary>
    private static async Task<DirectoryStatus> WriteShardAsync(
        IGrainDirectory directory, int shard, ExportWriter lines, IProgress<long>? progress, CancellationToken cancel)
    {
        var before = await directory.ShardAsync(shard, cancel);
        for (var scan = 0; scan < ScansPerShardMax; scan++)
        {
            if (before.Status != DirectoryStatus.Ok) return before.Status;
            if (before.Run != before.Process) return DirectoryStatus.ShardLost;
            var (status, reached) = await WritePagesAsync(directory, before, lines, progress, cancel);
            if (status != DirectoryStatus.Ok) return status;
            var after = await directory.ShardAsync(shard, cancel);
            if (after.Status != DirectoryStatus.Ok) return after.Status;
            if (!IsSince(after.Version, reached)) return DirectoryStatus.ShardLost;
            if (after.Run == after.Process && after.Process == before.Process) return DirectoryStatus.Ok;
            before = after;
        }

        return DirectoryStatus.ShardLost;
    }

    private static async Task<(DirectoryStatus Status, ShardVersion Reached)> WritePagesAsync(
        IGrainDirectory directory,
        ShardAnswer from,
        ExportWriter lines,
        IProgress<long>? progress,
        CancellationToken cancel)
    {
        var reached = from.Version;
        string? cursor = null;
        do
        {
            var page = await directory.ScanAsync(from.Shard, cursor, cancel);
            if (page.Status != DirectoryStatus.Ok) return (page.Status, reached);
            if (!IsSince(page.Version, reached)) return (DirectoryStatus.ShardLost, reached);
            reached = page.Version;
            await lines.AppendAsync(page, cancel);
            progress?.Report(lines.Records);
            cursor = page.Next;
        }
        while (cursor is not null);
        return (DirectoryStatus.Ok, reached);
    }

    /// <summary>Whether it is the same memory, which went on or stayed.</summary>
    private static bool IsSince(ShardVersion later, ShardVersion earlier) =>
        later.Gen == earlier.Gen && later.Seq >= earlier.Seq;
}
