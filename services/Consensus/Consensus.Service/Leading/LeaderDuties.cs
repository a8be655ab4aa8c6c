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

    /// <summary>
    /// Held up for longer, by the machine or for want of a majority, a leader cannot blame the clients for the time.
    /// </summary>
    public static readonly TimeSpan HeldUpMax = TimeSpan.FromMilliseconds(500);

    private const int ProposalsAtOnceMax = 256;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        CancellationTokenSource? term = null;
        var duties = Task.CompletedTask;
        try
        {
            await foreach (var change in raft.WatchLeadershipAsync(stoppingToken))
            {
                await EndAsync(term, duties);
                (term, duties) = (null, Task.CompletedTask);
                if (change is not LeadershipChange.BecameLeader became)
                {
                    keeper.StopLeading();
                    Log.LeadsNoMore(clock.Logger, change.Term.Value);
                    continue;
                }

                Log.Leads(clock.Logger, became.Term.Value, became.NoOp.Value);
                Telemetry.Terms.Add(1);
                keeper.BeginLeading(became);
                term = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
                duties = Task.WhenAll(
                    RepeatAsync(cancel => HouseholdAsync(became, cancel), term.Token),
                    RepeatAsync(announcer.RunAsync, term.Token));
            }
        }
        finally
        {
            await EndAsync(term, duties);
            keeper.StopLeading();
        }
    }

    private static async Task EndAsync(CancellationTokenSource? term, Task duties)
    {
        if (term is null) return;
        await term.CancelAsync();
        await duties;
        term.Dispose();
    }

    /// <summary>A duty that fails is a bug, but a leader that stops doing it would be a worse one.</summary>
    private async Task RepeatAsync(Func<CancellationToken, Task> duty, CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                await duty(cancel);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                Log.DutiesFailed(clock.Logger, failure);
                await clock.PauseAsync(HeldUpMax, cancel);
            }
        }
    }

    private async Task HouseholdAsync(LeadershipChange.BecameLeader term, CancellationToken cancel)
    {
        var begin = new CoordinationCommand.BeginTerm(raft.Status.Node, term.NoOp);
        await ProposeAsync([begin], cancel);
        var lastTick = clock.Now();
        while (!cancel.IsCancellationRequested)
        {
            var changed = machine.Changed;
            await ProposeAsync(
                [.. machine.Current.ElectionsToGrant.Select(name => new CoordinationCommand.GrantNext(name))], cancel);
            if (clock.Now() - lastTick >= Tick)
            {
                await ExpireAsync(clock.Now() - lastTick, cancel);
                lastTick = clock.Now();
            }

            await Task.WhenAny(changed, clock.PauseAsync(Tick, cancel));
        }
    }

    private async Task ExpireAsync(TimeSpan sinceLastTick, CancellationToken cancel)
    {
        Telemetry.Sessions.Record(machine.Current.OpenSessionCount);
        if (sinceLastTick > HeldUpMax)
        {
            Forgive(sinceLastTick);
            return;
        }

        var due = keeper.Due();
        if (due.Count == 0) return;

        // Without a majority no keep-alive could be acknowledged, however loudly the clients called.
        var asked = clock.Now();
        var confirmed = await raft.ConfirmLeadershipAsync(cancel);
        if (!confirmed || clock.Now() - asked > HeldUpMax)
        {
            Forgive(clock.Now() - asked);
            return;
        }

        await ProposeAsync(due, cancel);
    }

    private void Forgive(TimeSpan heldUp)
    {
        Log.HeldUp(clock.Logger, (long)heldUp.TotalMilliseconds);
        keeper.Forgive(heldUp);
    }

    private async Task ProposeAsync(IReadOnlyList<CoordinationCommand> commands, CancellationToken cancel)
    {
        foreach (var batch in commands.Chunk(ProposalsAtOnceMax))
            await Task.WhenAll(batch.Select(command => ProposeAsync(command, cancel)));
    }

    private async Task ProposeAsync(CoordinationCommand command, CancellationToken cancel)
    {
        var outcome = await log.ProposeAsync(command, traceParent: null, cancel);
        if (command is not CoordinationCommand.ExpireSession expire) return;
        if (outcome is ProposeOutcome.Overloaded) keeper.KeepOpen(expire.Session);
        if (outcome is ProposeOutcome.Applied)
        {
            var session = machine.Current.Sessions.GetValueOrDefault(expire.Session);
            Log.SessionExpired(clock.Logger, expire.Session.ToString(), session?.Ttl ?? TimeSpan.Zero);
        }
    }
}

/// <summary>The time and the log of the leader's loops.</summary>
internal sealed class LeaderClock(IMonotonicClock monotonic, TimeProvider time, ILogger<LeaderDuties> logger)
{
    public ILogger Logger => logger;

    public Instant Now() => monotonic.Now();

    public Task PauseAsync(TimeSpan pause, CancellationToken cancel) => Task.Delay(pause, time, cancel);
}
