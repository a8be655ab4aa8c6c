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
            Figures = options.Raft,
            ElectionTimeoutMin = options.Raft.ElectionTimeoutMin,
            ElectionTimeoutMax = options.Raft.ElectionTimeoutMax,
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
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var starting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_stopping)
        {
            Invariant.Holds(_running is null && _stop is null);
            _starting = starting.Task;
        }

        try
        {
            await StartOnceAsync();
        }
        finally
        {
            starting.SetResult();
        }
    }

    /// <summary>
    /// Stops taking part; nothing that was acknowledged is lost. A leader hands over first, where a voter is there.
    /// </summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        // Elsewhere: it takes turns, and runs what waits for the end, none of which belongs into a lock.
        lock (_stopping) _stop ??= Task.Run(StopOnceAsync, CancellationToken.None);
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
    /// here or will not be; those that are refused at once are answered before this returns. Once one finds no place,
    /// those after it are refused too, so that none overtakes it. The calling thread may take a turn for all, and so
    /// call the proposers of others: hold no lock that they might take.
    /// </summary>
    /// <param name="proposals">What to put into the log.</param>
    /// <param name="mayWrite">
    /// Whether the calling thread may also wait for the disk, where it has little to write and the disk is quick: then
    /// no other thread has to wake up for it. For a thread that nobody else waits for, such as one that reads one
    /// connection.
    /// </param>
    public void Propose(ReadOnlySpan<Proposal> proposals, bool mayWrite = false)
    {
        AnswerRun? refused = null;
        var isQueued = false;
        ProposeOutcome? full = null;
        foreach (var proposal in proposals)
        {
            var refusal = full ?? Queue(proposal);
            if (refusal is ProposeOutcome.Overloaded) full = refusal;
            if (refusal is null) isQueued = true;
            else (refused ??= new AnswerRun()).Give(proposal, refusal);
        }

        if (isQueued) _running!.Loop.Wake(mayWrite ? Errand.WriteAndApply : Errand.Apply);
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
            ? AnswerAsync(caller, cancellationToken)
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
            ? AnswerAsync(caller, cancellationToken)
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

    /// <summary>Who gives up is forgotten, and no place is kept for it.</summary>
    private static async Task<bool> AnswerAsync(TaskCompletionSource<bool> caller, CancellationToken cancel)
    {
        using var givenUp = cancel.UnsafeRegister(
            static (waiting, token) => ((TaskCompletionSource<bool>)waiting!).TrySetCanceled(token), caller);
        return await caller.Task.ConfigureAwait(false);
    }

    /// <summary>Puts the parts together; none of them does anything yet.</summary>
    private Running Build(FileLogStore store)
    {
        var durable = store.Load();
        var bootstrap = BootstrapOf(store, durable);
        var node = new RaftNode(
            Options.Node,
            bootstrap,
            Options.Raft,
            durable,
            new Random(),
            _clock.Now());
        TellLoss(node, store);
        var telemetry = new RaftTelemetry(Options.Node, () => Status);
        var loop = new RaftLoop(node, _clock, _leadership, telemetry, _logger, Options)
        {
            Damage = store.Damage,
        };
        var events = new TransportEvents(
            (from, message, errand) =>
            {
                if (!loop.TryPost(new HostInput.Message(from, message), errand)) telemetry.MessageDropped("in");
            },
            (to, message) =>
            {
                if (HostInput.InsteadOf(to, message) is { } instead) loop.TryPost(instead);
            },
            gone => loop.TryPost(new HostInput.Hint(gone, HintKind.Gone)),
            Fail);
        var transport = new RaftTransport(Options, telemetry, _logger, events);
        var writer = new LogWriter(
            store, telemetry, new WriterEvents(transport.Send, transport.Flush, loop.OnPersisted, Fail));
        var snapshots = new Snapshots(
            store.Snapshots,
            new SnapshotEvents(loop.OnSaved, read => loop.TryPost(new HostInput.Part(read)), Fail),
            telemetry,
            _logger);
        var applier = new Applier(_machine, snapshots, new ApplierEvents(loop.OnApplied, loop.OnSkipped, Fail));
        return new Running(node, loop, transport, writer, applier, snapshots, store, telemetry);
    }
}
