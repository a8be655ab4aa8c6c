using System.Buffers.Binary;
using System.Collections.Immutable;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Storage;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Tests.Raft.Simulation;

/// <summary>
/// A voter's shell in the simulated world: what <c>RaftHost</c> does with threads and files, done with events on a
/// virtual clock and a disk in memory. While it is down, only the disk is left.
/// </summary>
internal sealed class SimulatedVoter(NodeId name, RaftWorld world)
{
    private readonly Queue<(Persistence? Write, ImmutableArray<Envelope> SendAfter)> _jobs = new();
    private readonly List<LogEntry> _applied = [];
    private readonly Dictionary<LogIndex, Term> _proposed = [];
    private readonly Dictionary<ulong, LogIndex> _asked = [];
    private bool _isFlushing;
    private Instant? _tickAt;

    public NodeId Name { get; } = name;

    public SimulatedLogStore Disk { get; } = new();

    public RaftNode? Node { get; private set; }

    public IReadOnlyList<LogEntry> Applied => _applied;

    public bool Leads => Node?.Role == RaftRole.Leader;

    /// <summary>Counts lives, so that what an earlier life set in motion does not reach a later one.</summary>
    private int Life { get; set; }

    public void Start()
    {
        Life++;
        Disk.FlushesAtLoad = !world.Options.TrustsTheCacheAtLoad;
        Node = new RaftNode(
            Name, world.Names, world.Options.Raft, Disk.Load(), new Random(world.Random.Next()), world.Now)
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
        _applied.Clear();
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
        world.Checker.Stepped(Node, output, world.Disks);
        if (output.Violation is { } violation)
            throw new SafetyViolationException("Protocol", $"{Name} saw {violation} in {input}");
        if (output.Proposed is { } answer)
            for (var i = 0; i < answer.Accepted; i++) _proposed[answer.First + i] = answer.Term;
        foreach (var envelope in output.Send) world.Send(Name, envelope);
        if (output.Persist is not null || !output.SendAfterPersist.IsEmpty)
            _jobs.Enqueue((output.Persist, output.SendAfterPersist));
        StartFlush();
        if (!output.Apply.IsEmpty) Apply(output.Apply);
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
            _applied.Add(entry);
            if (_proposed.Remove(entry.Index, out var term) && term == entry.Term && entry.Kind == EntryKind.Command)
                world.Checker.Acknowledge(entry);
        }

        Step(new RaftInput.Applied(entries[^1].Index));
    });

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
