using System.Collections.Immutable;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Primitives;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Consensus.Service.Tests.Raft;

/// <summary>
/// The loop of voter n1 alone: its disk is instant, the test speaks for the others, and time moves by hand, so that all
/// turns are taken in the thread of the test.
/// </summary>
internal sealed class LoneLoop : IAsyncDisposable
{
    private static readonly RaftOptions Figures = new()
    {
        Heartbeat = TimeSpan.FromMinutes(1),
        ElectionTimeoutMin = TimeSpan.FromMinutes(10),
        ElectionTimeoutMax = TimeSpan.FromMinutes(20),
        ConfirmationsMax = 4,
    };

    private readonly HandClock _clock = new();
    private readonly RaftTelemetry _telemetry;

    public LoneLoop(TestVoters voters, SnapshotInfo? snapshot = null)
    {
        var options = voters.OptionsOf(N1) with { Raft = Figures };
        var node = new RaftNode(
            N1,
            options.Bootstrap,
            Figures,
            new DurableState(new HardState(snapshot?.Term ?? Term.Zero, null), [], snapshot),
            new Random(1),
            _clock.Now());
        _telemetry = new RaftTelemetry(N1, () => Loop!.Status);
        Loop = new RaftLoop(
            node, _clock, new LeadershipFeed(), _telemetry, NullLogger.Instance, options);
        Loop.Begin(new RaftEffects(
            envelope => Sent.Add(envelope.Message),
            static () => { },
            Write,
            static _ => { },
            static _ => { },
            static _ => { },
            static _ => { },
            failure => Failure = failure));
    }

    public static NodeId N1 { get; } = new("n1");

    public static NodeId N2 { get; } = new("n2");

    public RaftLoop Loop { get; }

    public List<RaftMessage> Sent { get; } = [];

    public Exception? Failure { get; private set; }

    public void Hear(RaftMessage message) => Loop.TryPost(new HostInput.Message(N2, message)).ShouldBeTrue();

    public Task<bool> Read(bool isTurn = true)
    {
        var caller = new TaskCompletionSource<bool>();
        Loop.TryQueue(new HostInput.ConfirmRead(caller)).ShouldBeTrue();
        if (isTurn) Loop.Wake();
        return caller.Task;
    }

    /// <summary>Its time comes, and n2 votes for it.</summary>
    public void Elect()
    {
        _clock.Move(TimeSpan.FromHours(1));
        Loop.Wake();
        var asked = Sent.OfType<PreVoteRequest>().Last();
        Hear(new PreVoteReply(asked.Term, Granted: true));
        Hear(new VoteReply(asked.Term, Granted: true));
        Loop.Status.Role.ShouldBe(RaftRole.Leader);
    }

    public async ValueTask DisposeAsync()
    {
        await Loop.StopAsync();
        Loop.Close();
        Loop.Dispose();
        _telemetry.Dispose();
    }

    private void Write(Persistence? write, ImmutableArray<Envelope> sendAfter)
    {
        if (write is not null) Loop.OnPersisted(write, isMoreToWrite: false);
    }

    private sealed class HandClock : IMonotonicClock
    {
        private long _ticks = TimeSpan.TicksPerDay;

        public Instant Now() => new(Volatile.Read(ref _ticks));

        public void Move(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);
    }
}
