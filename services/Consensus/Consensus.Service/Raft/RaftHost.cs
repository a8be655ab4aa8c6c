using Holdfast.Consensus.Protocol;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Storage;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>
/// The shell around the Raft core: one loop that owns the core, a writer that owns the disk, an applier that owns the
/// state machine, and a transport. The loop waits for none of them.
/// </summary>
public sealed partial class RaftHost : IHostedService, IAsyncDisposable
{
    private readonly IStateMachine _machine;
    private readonly IMonotonicClock _clock;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly LeadershipFeed _leadership = new();
    private readonly RaftStatus _before;
    private Running? _running;
    private Task? _stop;

    /// <summary>Opens nothing yet; <see cref="StartAsync"/> does.</summary>
    public RaftHost(RaftHostOptions options, IStateMachine machine, IMonotonicClock clock, ILoggerFactory loggers)
    {
        options.Demand();
        Options = options;
        (_machine, _clock) = (machine, clock);
        _logger = loggers.CreateLogger<RaftHost>();
        _before = new RaftStatus
        {
            Node = options.Node,
            Role = RaftRole.Follower,
            Term = Term.Zero,
            CommitIndex = LogIndex.Zero,
            AppliedIndex = LogIndex.Zero,
            LastIndex = LogIndex.Zero,
            Members = options.Bootstrap,
        };
    }

    public RaftHostOptions Options { get; }

    /// <summary>What this voter knows of itself now; readable from any thread.</summary>
    public RaftStatus Status => _running?.Loop.Status ?? _before;

    /// <summary>
    /// Completes when the host was stopped, and faults when it stopped by itself: a failed flush, a state machine that
    /// threw, a broken invariant. A stopped host takes no part any more; end the process.
    /// </summary>
    public Task Completion => _completion.Task;

    /// <summary>Takes the data directory, reads the log, listens, and begins to take part.</summary>
    /// <exception cref="DataDirectoryInUseException">Another process uses the data directory.</exception>
    /// <exception cref="DataDirectoryForeignException">The data directory is another voter's.</exception>
    /// <exception cref="LogCorruptException">The log is damaged before its end.</exception>
    /// <exception cref="RaftListenException">The address to listen on cannot be used.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        Invariant.Holds(_running is null);
        var store = FileLogStore.Open(
            Options.DataDirectory, $"{Options.Group}/{Options.Node}", Options.SegmentBytesMax);
        try
        {
            _running = Begin(store);
        }
        catch
        {
            store.Dispose();
            throw;
        }

        return Task.CompletedTask;
    }

    /// <summary>
    /// Stops taking part; nothing that was acknowledged is lost. A leader hands over first, where a voter is there.
    /// </summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        lock (_stopping) _stop ??= StopOnceAsync();
        await _stop.WaitAsync(cancellationToken);
    }

    /// <summary>
    /// Puts a command into the log and waits until it was applied here. A cancelled wait leaves the outcome unknown.
    /// </summary>
    public Task<ProposeOutcome> ProposeAsync(ReadOnlyMemory<byte> command, CancellationToken cancellationToken)
    {
        var waiting = new AwaitingProposer();
        Propose([new Proposal(command, waiting)]);
        return waiting.Outcome.WaitAsync(cancellationToken);
    }

    /// <summary>
    /// Puts commands into the log, in this order. Each proposal is answered once, by its proposer, when it was applied
    /// here or will not be; those that are refused at once are answered before this returns.
    /// </summary>
    public void Propose(ReadOnlySpan<Proposal> proposals)
    {
        AnswerRun? refused = null;
        var isQueued = false;
        foreach (var proposal in proposals)
        {
            if (Queue(proposal) is { } refusal) (refused ??= new AnswerRun()).Give(proposal, refusal);
            else isQueued = true;
        }

        if (isQueued) _running!.Loop.Wake();
        refused?.End();
    }

    /// <summary>
    /// True when a majority acknowledged this voter as leader in a round begun after the call; the state machine then
    /// holds at least everything that was committed before the call. One round serves all that wait. False when it
    /// does not lead, lost leadership meanwhile, or too many wait.
    /// </summary>
    public Task<bool> ConfirmLeadershipAsync(CancellationToken cancellationToken)
    {
        if (_running is not { } running || _stopping.IsCancellationRequested) return Task.FromResult(false);
        var caller = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        return running.Loop.TryPost(new HostInput.Confirmation(caller))
            ? caller.Task.WaitAsync(cancellationToken)
            : Task.FromResult(false);
    }

    /// <summary>
    /// True when the state machine holds at least everything that was acknowledged before the call, anywhere: then what
    /// it says is linearizable. Any voter can be asked; a follower asks its leader, once for all that wait. False when
    /// no leader could be asked, it lost its leadership meanwhile, or too many wait.
    /// </summary>
    public Task<bool> ConfirmReadAsync(CancellationToken cancellationToken)
    {
        if (_running is not { } running || _stopping.IsCancellationRequested) return Task.FromResult(false);
        var caller = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        return running.Loop.TryPost(new HostInput.ConfirmRead(caller))
            ? caller.Task.WaitAsync(cancellationToken)
            : Task.FromResult(false);
    }

    /// <summary>
    /// Somebody noticed that a voter may be dead. A hint only makes an election begin early, see
    /// <see cref="RaftInput.Hint"/>; one that is wrong, or lost, costs little.
    /// </summary>
    public void Hint(NodeId suspect, HintKind kind) => _running?.Loop.TryPost(new HostInput.Hint(suspect, kind));

    /// <summary>
    /// This voter's leadership from now on, beginning with <see cref="LeadershipChange.BecameLeader"/> when it leads
    /// already; ends when the host stops. A reader more than 256 changes behind loses the oldest.
    /// </summary>
    public IAsyncEnumerable<LeadershipChange> WatchLeadershipAsync(CancellationToken cancellationToken) =>
        _leadership.WatchAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        _stopping.Dispose();
    }

    /// <returns>Why it was not handed to the loop; null when it was.</returns>
    private ProposeOutcome? Queue(Proposal proposal)
    {
        if (proposal.Command.Length > Options.CommandBytesMax)
            return new ProposeOutcome.TooLarge(proposal.Command.Length, Options.CommandBytesMax);
        if (_running is not { } running || _stopping.IsCancellationRequested)
            return new ProposeOutcome.NotLeader(null);
        return running.Loop.TryQueue(new HostInput.Propose(proposal)) ? null : new ProposeOutcome.Overloaded();
    }

    private Running Begin(FileLogStore store)
    {
        var durable = store.Load();
        var node = new RaftNode(
            Options.Node,
            BootstrapOf(store, durable),
            Options.Raft,
            durable,
            new Random(),
            _clock.Now());
        var telemetry = new RaftTelemetry(Options.Node, () => Status);
        var loop = new RaftLoop(node, _clock, _leadership, telemetry, _logger, Options.MailboxMax);
        var events = new TransportEvents(
            (from, message) =>
            {
                if (!loop.TryPost(new HostInput.Message(from, message))) telemetry.MessageDropped("in");
            },
            gone => loop.TryPost(new HostInput.Hint(gone, HintKind.Gone)),
            Fail);
        var transport = new RaftTransport(Options, telemetry, _logger, events);
        CompareWithSettings(node.Members);
        transport.Start(node.Members);
        var writer = new LogWriter(
            store, telemetry, new WriterEvents(transport.Send, transport.Flush, loop.OnPersisted, Fail));
        var snapshots = new Snapshots(
            store.Snapshots,
            new SnapshotEvents(loop.OnSaved, read => loop.TryPost(new HostInput.Part(read)), Fail),
            telemetry,
            _logger);
        var applier = new Applier(_machine, snapshots, new ApplierEvents(loop.OnApplied, Fail));
        writer.Start();
        applier.Start();
        Log.Started(_logger, Options.Node, node.Term, node.LastIndex, Options.DataDirectory);
        loop.Begin(new RaftEffects(
            transport.Send,
            transport.Flush,
            writer.Enqueue,
            applier.Enqueue,
            snapshots.Read,
            transport.Follow,
            Fail));
        return new Running(loop, transport, writer, applier, snapshots, store, telemetry);
    }

    /// <summary>Going on would risk what was acknowledged: stop all parts, and say why.</summary>
    private void Fail(Exception failure)
    {
        if (!_completion.TrySetException(failure)) return;
        Log.Failed(_logger, Options.Node, failure);
        _ = Task.Run(() => StopAsync(CancellationToken.None));
    }

    private async Task StopOnceAsync()
    {
        if (!_completion.Task.IsFaulted) await StepAsideAsync();
        await _stopping.CancelAsync();
        if (_running is { } running)
        {
            await running.Loop.StopAsync();
            await running.Transport.DisposeAsync();
            running.Writer.Stop();
            await running.Applier.StopAsync();
            await running.Snapshots.StopAsync();
            running.Loop.Close();
            running.Loop.Dispose();
            running.Store.Dispose();
            running.Telemetry.Dispose();
        }

        _completion.TrySetResult();
    }

    private sealed record Running(
        RaftLoop Loop,
        RaftTransport Transport,
        LogWriter Writer,
        Applier Applier,
        Snapshots Snapshots,
        ILogStore Store,
        RaftTelemetry Telemetry);
}
