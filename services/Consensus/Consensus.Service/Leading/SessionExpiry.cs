using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Leading;

/// <summary>What the end of sessions asks of the leader around it.</summary>
/// <param name="Due">Decides the ends that are due; nothing keeps those sessions alive from then on.</param>
/// <param name="Confirm">Whether a majority still follows this voter.</param>
/// <param name="Propose">Puts an end into the log.</param>
/// <param name="KeepOpen">The end of a session was certainly not appended.</param>
/// <param name="Forgive">Time up to now that counts against no client.</param>
internal sealed record ExpiryActs(
    Func<IReadOnlyList<CoordinationCommand.ExpireSession>> Due,
    Func<CancellationToken, Task<bool>> Confirm,
    Func<CoordinationCommand.ExpireSession, CancellationToken, Task<ProposeOutcome>> Propose,
    Action<SessionId> KeepOpen,
    Action<TimeSpan> Forgive);

/// <summary>
/// Ends the sessions whose time ran out, in rounds: decide, have a majority confirm this leader, propose. A round may
/// take as long as the network likes; ticks go on beside it, so that only a late tick tells of a machine that stood
/// still. Such time, and that of a round which no majority confirmed, is forgiven: the clients called in vain. A
/// slow round that was confirmed is none of it, else no session would ever end where all rounds are slow.
/// </summary>
internal sealed class SessionExpiry(ExpiryActs acts, TimeSpan heldUpMax, Instant begunAt)
{
    private const int ProposalsAtOnceMax = 256;

    private Instant _tickedAt = begunAt;
    private TimeSpan _heldUp;
    private Task<TimeSpan> _round = Task.FromResult(TimeSpan.Zero);

    /// <summary>Begins a round unless one is under way; throws what the last one threw.</summary>
    public async Task TickAsync(Func<Instant> clock, CancellationToken cancel)
    {
        var now = clock();
        if (now - _tickedAt > heldUpMax) _heldUp += now - _tickedAt;
        _tickedAt = now;
        if (!_round.IsCompleted) return;
        var ended = _round;
        _round = Task.FromResult(TimeSpan.Zero);
        var unconfirmed = await ended;
        var forgiven = unconfirmed > _heldUp ? unconfirmed : _heldUp;
        _heldUp = TimeSpan.Zero;
        if (forgiven > TimeSpan.Zero) acts.Forgive(forgiven);
        else _round = RunAsync(clock, cancel);
    }

    /// <summary>Waits for the round under way, whatever becomes of it: it must not outlive its term.</summary>
    public Task EndAsync() => _round.ContinueWith(
        static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);

    /// <returns>How long a majority was waited for in vain; zero for a round that found one.</returns>
    private async Task<TimeSpan> RunAsync(Func<Instant> clock, CancellationToken cancel)
    {
        var due = acts.Due();
        if (due.Count == 0) return TimeSpan.Zero;
        var open = due.Select(expire => expire.Session).ToHashSet();
        try
        {
            // Without a majority no keep-alive could be acknowledged, however loudly the clients called.
            var asked = clock();
            if (!await acts.Confirm(cancel)) return clock() - asked;
            foreach (var batch in due.Chunk(ProposalsAtOnceMax))
            {
                open.ExceptWith(batch.Select(expire => expire.Session));
                await Task.WhenAll(batch.Select(expire => ProposeAsync(expire, cancel)));
            }

            return TimeSpan.Zero;
        }
        finally
        {
            foreach (var session in open) acts.KeepOpen(session);
        }
    }

    private async Task ProposeAsync(CoordinationCommand.ExpireSession expire, CancellationToken cancel)
    {
        var outcome = await acts.Propose(expire, cancel);
        if (outcome is not (ProposeOutcome.Applied or ProposeOutcome.Lost)) acts.KeepOpen(expire.Session);
    }
}
