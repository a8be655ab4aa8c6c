using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Service.Coordination;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Leading;

/// <summary>
/// What a voter does while it leads: says so in the log, ends sessions whose time ran out, grants vacated elections to
/// the next in line, and announces. All of it ends with the term; the next leader does it from the log alone.
/// </summary>
internal sealed class LeaderDuties(
    RaftHost raft,
    CoordinationMachine machine,
    CoordinationLog log,
    SessionKeeper keeper,
    Announcer announcer,
    LeaderClock clock) : BackgroundService
{
    /// <summary>How late the end of a session may be noticed.</summary>
    public static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan HeldUpMaxLeast = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(500);

    private const int ProposalsAtOnceMax = 256;

    private readonly TermOfOffice _office = new(keeper, clock);

    /// <summary>
    /// A tick later than this shows that the machine stood still, for which a leader cannot blame the clients. Less
    /// than voters bear of each other before they stand for election is the everyday of a slow machine.
    /// </summary>
    private TimeSpan HeldUpMax => raft.Options.Raft.ElectionTimeoutMin > HeldUpMaxLeast
        ? raft.Options.Raft.ElectionTimeoutMin
        : HeldUpMaxLeast;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        raft.TieTasks(_office.PauseAsync, _office.GoOnAsync);
        try
        {
            await foreach (var change in raft.WatchLeadershipAsync(stoppingToken))
            {
                if (change is LeadershipChange.BecameLeader became)
                    await _office.TakeAsync(became, term => RunAsync(became, term), stoppingToken);
                else
                    await _office.LeaveAsync(change.Term);
            }
        }
        finally
        {
            await _office.LeaveAsync(left: null);
        }
    }

    private Task RunAsync(LeadershipChange.BecameLeader term, CancellationToken cancel) => Task.WhenAll(
        RepeatAsync(stop => GrantAsync(term, stop), clock, cancel),
        RepeatAsync(ExpireAsync, clock, cancel),
        RepeatAsync(announcer.RunAsync, clock, cancel));

    /// <summary>
    /// A duty that fails is a bug, but a leader that stops doing it would be a worse one. Ends with the term, quietly.
    /// </summary>
    internal static async Task RepeatAsync(
        Func<CancellationToken, Task> duty, LeaderClock clock, CancellationToken cancel)
    {
        var failed = false;
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                if (failed) await clock.PauseAsync(PauseAfterFailure, cancel);
                failed = false;
                await duty(cancel);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                Log.DutiesFailed(clock.Logger, failure);
                failed = true;
            }
        }
    }

    private async Task GrantAsync(LeadershipChange.BecameLeader term, CancellationToken cancel)
    {
        var begin = new CoordinationCommand.BeginTerm(raft.Status.Node, term.NoOp, term.Term);
        while (await ProposeAsync(begin, cancel) is ProposeOutcome.Overloaded or ProposeOutcome.Moving)
            await clock.PauseAsync(Tick, cancel);
        while (!cancel.IsCancellationRequested)
        {
            var changed = machine.Changed;
            foreach (var batch in machine.Current.ElectionsToGrant.Chunk(ProposalsAtOnceMax))
            {
                await Task.WhenAll(batch.Select(name =>
                    ProposeAsync(new CoordinationCommand.GrantNext(name), cancel)));
            }

            await Task.WhenAny(changed, clock.PauseAsync(Tick, cancel));
        }
    }

    private async Task ExpireAsync(CancellationToken cancel)
    {
        var acts = new ExpiryActs(
            keeper.Due, raft.ConfirmLeadershipAsync, ProposeEndAsync, keeper.KeepOpen, Forgive);
        var expiry = new SessionExpiry(acts, HeldUpMax, clock.Now());
        try
        {
            while (!cancel.IsCancellationRequested)
            {
                await clock.PauseAsync(Tick, cancel);
                Telemetry.Sessions.Record(machine.Current.OpenSessionCount);
                await expiry.TickAsync(clock.Now, cancel);
            }
        }
        finally
        {
            await expiry.EndAsync();
        }
    }

    private void Forgive(TimeSpan heldUp)
    {
        Log.HeldUp(clock.Logger, (long)heldUp.TotalMilliseconds);
        keeper.Forgive(heldUp);
    }

    private async Task<ProposeOutcome> ProposeEndAsync(
        CoordinationCommand.ExpireSession expire, CancellationToken cancel)
    {
        var outcome = await ProposeAsync(expire, cancel);
        if (outcome is ProposeOutcome.Applied)
        {
            var session = machine.Current.Sessions.GetValueOrDefault(expire.Session);
            Log.SessionExpired(clock.Logger, expire.Session.ToString(), session?.Ttl ?? TimeSpan.Zero);
        }

        return outcome;
    }

    private Task<ProposeOutcome> ProposeAsync(CoordinationCommand command, CancellationToken cancel) =>
        log.ProposeAsync(command, traceParent: null, cancel);
}

/// <summary>The time and the log of the leader's loops.</summary>
internal sealed class LeaderClock(IMonotonicClock monotonic, TimeProvider time, ILogger<LeaderDuties> logger)
{
    public ILogger Logger => logger;

    public Instant Now() => monotonic.Now();

    public Task PauseAsync(TimeSpan pause, CancellationToken cancel) => Task.Delay(pause, time, cancel);
}
