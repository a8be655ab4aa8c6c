using Holdfast.Consensus.Service.Raft;

namespace Holdfast.Consensus.Service;

/// <summary>
/// Puts other settings in force at this voter while it runs, all or none. They last until it stops: the next start goes
/// by its configuration.
/// </summary>
internal sealed class Tuning(RaftHost raft, ConsensusOptions options, ILogger<Tuning> logger) : IDisposable
{
    // One change after the other, so that none is made of settings that another has replaced.
    private readonly SemaphoreSlim _turn = new(1, 1);

    public HotSettings Current => HotSettings.Of(raft.Status.Figures);

    public HotSettings Configured { get; private set; } = HotSettings.Of(options);

    /// <summary>Makes new settings of the present ones and puts them in force.</summary>
    /// <param name="source">Who wishes it, for the log.</param>
    /// <param name="change">The new settings, out of those in force.</param>
    /// <param name="cancel">Gives up waiting; then they may be in force or not.</param>
    public async Task<TuningOutcome> ApplyAsync(
        string source, Func<HotSettings, HotSettings> change, CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel);
        try
        {
            var before = Current;
            var after = change(before);
            if (after.Problems().ToList() is { Count: > 0 } problems) return new TuningOutcome.Illegal(problems);
            if (WhyUnsafe(after) is { } reason) return new TuningOutcome.Unsafe(reason);
            if (after == before) return new TuningOutcome.InForce(Changed: false);
            if (!await raft.ReconfigureAsync(after.ToHotOptions(), cancel)) return new TuningOutcome.Stopped();
            var status = raft.Status;
            Log.Tuned(
                logger, source, after.DifferenceTo(before), status.ElectionTimeoutMin, status.ElectionTimeoutMax);
            return new TuningOutcome.InForce(Changed: true);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>What the configuration says now, which a later start would go by.</summary>
    public void Reread(ConsensusOptions now) => Configured = HotSettings.Of(now);

    public void Dispose() => _turn.Dispose();

    /// <summary>
    /// The core keeps what was promised whatever the heartbeat is. But a promise is for the configured shortest
    /// timeout, which a voter that restarts keeps still for, and is never stretched; with a longer pause there would be
    /// no lease between two heartbeats, and lease reads would be rounds that nobody asked for.
    /// </summary>
    private string? WhyUnsafe(HotSettings wanted) =>
        options.LeaseReads && 2 * wanted.Heartbeat > options.ElectionTimeoutMin
            ? $"heartbeat is {wanted.Heartbeat}; with Consensus:LeaseReads at most half of " +
                $"Consensus:ElectionTimeoutMin ({options.ElectionTimeoutMin}) is legal, since a voter promises the " +
                "leader its place for no longer than that, and keeps still for no longer when it restarts."
            : null;
}

/// <summary>What became of a wish for other settings.</summary>
internal abstract record TuningOutcome
{
    private TuningOutcome()
    {
    }

    /// <summary>They are in force; nothing had to be done where they were before.</summary>
    public sealed record InForce(bool Changed) : TuningOutcome;

    /// <summary>Nothing was changed: values are out of their ranges.</summary>
    public sealed record Illegal(IReadOnlyList<string> Problems) : TuningOutcome;

    /// <summary>Nothing was changed: together with what cannot be changed they break a promise.</summary>
    public sealed record Unsafe(string Reason) : TuningOutcome;

    /// <summary>Nothing was changed: this voter stops, or has too much to do.</summary>
    public sealed record Stopped : TuningOutcome;
}
