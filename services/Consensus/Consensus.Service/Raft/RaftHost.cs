using Holdfast.Consensus.Protocol;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>
/// The shell around the Raft core: one loop that owns the core, a writer that owns the disk, an applier that owns the
/// state machine, and a transport. The loop waits for none of them.
/// </summary>
public sealed class RaftHost : IHostedService, IAsyncDisposable
{
    private readonly IStateMachine _machine;

    /// <summary>Opens nothing yet; <see cref="StartAsync"/> does.</summary>
    public RaftHost(RaftHostOptions options, IStateMachine machine, TimeProvider clock, ILoggerFactory loggers)
    {
        Options = options;
        _machine = machine;
        Status = new RaftStatus
        {
            Node = options.Node,
            Role = Protocol.Raft.RaftRole.Follower,
            Term = default,
            CommitIndex = default,
            AppliedIndex = default,
            LastIndex = default,
        };
    }

    public RaftHostOptions Options { get; }

    /// <summary>What this voter knows of itself now; readable from any thread.</summary>
    public RaftStatus Status { get; private set; }

    /// <summary>
    /// Completes when the host was stopped, and faults when it stopped by itself: a failed flush, a state machine that
    /// threw, a broken invariant. A stopped host answers nothing any more; end the process.
    /// </summary>
    public Task Completion => throw new InvalidOperationException(_machine.ToString());

    /// <summary>Takes the data directory, reads the log, listens, and begins to take part.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => Completion;

    /// <summary>Stops taking part; nothing that was acknowledged is lost.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => Completion;

    /// <summary>
    /// Puts a command into the log and waits until it was applied here. A cancelled wait leaves the outcome unknown.
    /// </summary>
    public Task<ProposeOutcome> ProposeAsync(ReadOnlyMemory<byte> command, CancellationToken cancellationToken) =>
        throw new InvalidOperationException();

    /// <summary>
    /// True when a majority acknowledged this voter as leader in a round begun after the call; the state machine then
    /// holds at least everything that was committed before the call. One round serves all that wait.
    /// </summary>
    public Task<bool> ConfirmLeadershipAsync(CancellationToken cancellationToken) =>
        throw new InvalidOperationException();

    /// <summary>
    /// This voter's leadership from now on, beginning with <see cref="LeadershipChange.BecameLeader"/> when it leads
    /// already. A reader more than 256 changes behind loses the oldest.
    /// </summary>
    public IAsyncEnumerable<LeadershipChange> WatchLeadershipAsync(CancellationToken cancellationToken) =>
        throw new InvalidOperationException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
