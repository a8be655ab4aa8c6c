using System.Buffers.Binary;
using System.Collections.Immutable;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Storage;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Simulation.Tests.Raft;

/// <summary>
/// A voter's shell in the simulated world: what <c>RaftHost</c> does with threads and files, done with events on a
/// virtual clock and a disk in memory. While it is down, only the disk is left.
/// </summary>
internal sealed class SimulatedVoter(NodeId name, RaftWorld world)
{
    private readonly Queue<(Persistence? Write, ImmutableArray<Envelope> SendAfter)> _jobs = new();
    private readonly Dictionary<LogIndex, Term> _proposed = [];
    private readonly Dictionary<ulong, LogIndex> _asked = [];
    private bool _isFlushing;
    private Instant? _tickAt;

    public NodeId Name { get; } = name;

    public SimulatedLogStore Disk { get; } = new();

    public RaftNode? Node { get; private set; }

    /// <summary>The state machine.</summary>
    public ChainedState State { get; private set; }

    /// <summary>Snapshots of leaders that it took.</summary>
    public int Installed { get; private set; }

    /// <summary>Snapshots of its own.</summary>
    public int Taken { get; private set; }

    public bool Leads => Node?.Role == RaftRole.Leader;

    /// <summary>Counts lives, so that what an earlier life set in motion does not reach a later one.</summary>
    private int Life { get; set; }

    public void Start()
    {
        Life++;
        Disk.FlushesAtLoad = !world.Options.TrustsTheCacheAtLoad;
        Node = new RaftNode(
            Name, world.BootstrapOf(Name), world.Options.Raft, Disk.Load(), new Random(world.Random.Next()), world.Now)
        {
            Faults = world.Options.Faults,
        };
        _tickAt = null;
        ScheduleTick();
    }

    /// <summary>The machine loses power, or only the process is killed and the cache of its disk survives.</summary>
    public void Crash(bool losesPower)
    {
        if (Node is null) return;
        Life++;
        Node = null;
        if (losesPower) Disk.Crash(world.Random);
        else Disk.Kill(world.Random);
        _jobs.Clear();
        State = default;
        _proposed.Clear();
        _asked.Clear();
        _isFlushing = false;
        world.Checker.Crashed(Name);
    }

    public void Receive(NodeId from, RaftMessage message) => Step(new RaftInput.Received(from, message));

    public void Propose(int count)
    {
        var commands = Enumerable.Range(0, count).Select(_ => world.NextCommand()).ToImmutableArray();
        Step(new RaftInput.Propose(commands));
    }

    public void Ask(ulong id)
    {
        _asked.Add(id, world.Checker.AcknowledgedUpTo);
        Step(new RaftInput.ConfirmLeadership(id));
    }

    public void Change(MembershipChange change) => Step(new RaftInput.ChangeMembers(change));

    public void HandOver(NodeId? to) => Step(new RaftInput.TransferLeadership(to));

    public static ReadOnlyMemory<byte> Command(ulong number)
    {
        var bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, number);
        return bytes;
    }

    private void Step(RaftInput input)
    {
        if (Node is null) return;
        var output = Node.Step(input, world.Now);
        world.Checker.Stepped(Node, output, world.DiskOf);
        if (output.Violation is { } violation)
            throw new SafetyViolationException("Protocol", $"{Name} saw {violation} in {input}");
        if (output.Changed is { Refusal: MembershipRefusal.None }) world.Changes++;
        if (output.Proposed is { } answer)
            for (var i = 0; i < answer.Accepted; i++) _proposed[answer.First + i] = answer.Term;
        foreach (var envelope in output.Send) world.Send(Name, envelope);
        if (output.Persist is not null || !output.SendAfterPersist.IsEmpty)
            _jobs.Enqueue((output.Persist, output.SendAfterPersist));
        StartFlush();
        if (output.Persist?.Chunk is { IsLast: true }) Installed++;
        if (output.Capture is { } mark) Capture(mark);
        if (output.Restore is { } snapshot) Restore(snapshot);
        if (!output.Apply.IsEmpty) Apply(output.Apply);
        foreach (var question in output.Read) Read(question);
        foreach (var confirmation in output.Confirmed) Answer(confirmation);
        ScheduleTick();
        world.MayCrash(this);
    }

    private void StartFlush()
    {
        if (_isFlushing || _jobs.Count == 0) return;
        _isFlushing = true;
        var group = _jobs.ToList();
        _jobs.Clear();
        foreach (var job in group)
            if (job.Write is not null) Disk.Stage(job.Write);
        After(world.FlushTime(), () => FinishFlush(group));
    }

    private void FinishFlush(List<(Persistence? Write, ImmutableArray<Envelope> SendAfter)> group)
    {
        Disk.Complete();
        _isFlushing = false;
        foreach (var job in group)
            foreach (var envelope in job.SendAfter) world.Send(Name, envelope);
        if (group.LastOrDefault(static job => job.Write is not null).Write is { } last)
            Step(new RaftInput.Persisted(last.Number));
        StartFlush();
    }

    private void Apply(ImmutableArray<LogEntry> entries) => After(world.ApplyTime(), () =>
    {
        foreach (var entry in entries)
        {
            State = State.After(entry);
            world.Checker.Reached(Name, State);
            if (_proposed.Remove(entry.Index, out var term) && term == entry.Term && entry.Kind == EntryKind.Command)
                world.Checker.Acknowledge(entry);
        }

        Step(new RaftInput.Applied(entries[^1].Index));
    });

    private void Capture(SnapshotMark mark)
    {
        var state = State;
        if (state.Index != mark.Index)
            throw new SafetyViolationException("Snapshot", $"{Name} is to take {mark}, and is at {state.Index}");
        After(world.SnapshotTime(), () =>
        {
            Taken++;
            var snapshot = Disk.Snapshots.Save(mark, to => state.Write(to, world.Options.SnapshotPaddingMax));
            Step(new RaftInput.Snapshotted(snapshot));
        });
    }

    private void Restore(SnapshotInfo snapshot) => After(world.ApplyTime(), () =>
    {
        // Where a newer one took its place already, that one is restored next, and nothing is applied before.
        if (Disk.Snapshot == snapshot)
        {
            State = ChainedState.Read(Disk.SnapshotContent.Span);
            world.Checker.Reached(Name, State);
        }

        Step(new RaftInput.Applied(snapshot.Index));
    });

    private void Read(ChunkQuestion question) => After(world.ApplyTime(), () => Step(new RaftInput.ChunkRead(
        question.To,
        question.Snapshot,
        question.Offset,
        Disk.Snapshots.TryRead(question.Snapshot, question.Offset, question.BytesMax))));

    private void Answer(LeadershipConfirmation confirmation)
    {
        _asked.Remove(confirmation.Id, out var acknowledged);
        if (!confirmation.Confirmed) return;
        world.Confirmations++;
        SafetyChecker.ConfirmedAfter(acknowledged, confirmation, Name);
    }

    private void ScheduleTick()
    {
        if (Node is null || Node.NextDeadline == _tickAt) return;
        _tickAt = Node.NextDeadline;
        After(Node.NextDeadline - world.Now, () => Step(RaftInput.Tick.Instance));
    }

    private void After(TimeSpan wait, Action act)
    {
        var life = Life;
        world.After(wait, () =>
        {
            if (life == Life) act();
        });
    }
}
