using System.Collections.Immutable;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Storage;
using Holdfast.Primitives;
using Holdfast.Simulation;

namespace Holdfast.Consensus.Simulation.Tests.Raft;

/// <summary>
/// A voter's shell in the simulated world: what <c>RaftHost</c> does with threads and files, done with events on a
/// virtual clock and the real store on a simulated disk. While it is down, only the disk is left.
/// </summary>
internal sealed partial class SimulatedVoter(NodeId name, RaftWorld world, NodeClock clock)
{
    private readonly Queue<(Persistence? Write, ImmutableArray<Envelope> SendAfter)> _jobs = new();
    private readonly Dictionary<LogIndex, Term> _proposed = [];
    private readonly Dictionary<ulong, LogIndex> _asked = [];
    private readonly KeyValues _values = new(world.Options.Retries, world.Options.LosesRequests);
    private Instant? _tickAt;

    public NodeId Name { get; } = name;

    public SimulatedProcess Process { get; } = new(name, world.Schedule, clock);

    public VoterDisk Disk { get; } = new(name, world.Random.Stream(name.Value), world.Options);

    public RaftNode? Node { get; private set; }

    /// <summary>The state machine.</summary>
    public ChainedState State { get; private set; }

    /// <summary>Snapshots of leaders that it took.</summary>
    public int Installed { get; private set; }

    /// <summary>Clients' requests that came to it again and were not carried out again.</summary>
    public int Repeats => _values.Repeats;

    /// <summary>Snapshots of its own.</summary>
    public int Taken { get; private set; }

    /// <summary>Who decides, as it knew when it last did anything; it may be down by now.</summary>
    public Configuration Members { get; private set; } = Configuration.Empty;

    public bool Leads => Node?.Role == RaftRole.Leader;

    /// <summary>Its disk is damaged, and it must not start again.</summary>
    public bool IsRetired { get; private set; }

    /// <param name="mayEnd">The process may end again in the middle of its start.</param>
    public void Start(bool mayEnd = false)
    {
        if (IsRetired) return;
        Process.Start();
        try
        {
            var loaded = Disk.Load(mayEnd);
            Node = new RaftNode(
                Name,
                world.BootstrapOf(Name),
                world.Options.Raft,
                loaded,
                new Chance((ulong)world.Random.NextInt64()),
                Clock())
            {
                Faults = world.Options.Faults,
            };
        }
        catch (Exception failed) when (failed is ProcessEndedException or IOException)
        {
            // After a failed flush only the loss of its cache tells what the disk holds.
            End(losesPower: Disk.Files.FailsFlushes || world.Random.Next(2) == 0);
            world.RestartLater(this);
            return;
        }
        catch (Exception damaged) when (Disk.IsDamaged && damaged is LogCorruptException or LaterFormatException)
        {
            IsRetired = true;
            End(losesPower: false);
            return;
        }

        _tickAt = null;
        ScheduleTick();
    }

    /// <summary>The machine loses power, or only the process is killed and the cache of its disk survives.</summary>
    public void Crash(bool losesPower)
    {
        if (Node is not null) End(losesPower);
    }

    public void Receive(NodeId from, RaftMessage message) =>
        Process.Do(() => Step(new RaftInput.Received(from, message)));

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

    public void Read(ulong id)
    {
        if (Node is null) return;
        _asked.Add(id, world.Checker.AcknowledgedUpTo);
        Step(new RaftInput.Read(id));
    }

    public void Hint(NodeId suspect, HintKind kind) => Process.Do(() => Step(new RaftInput.Hint(suspect, kind)));

    public void Change(MembershipChange change) => Step(new RaftInput.ChangeMembers(change));

    /// <summary>Other figures, and now and then a snapshot by somebody's wish.</summary>
    public void Tune(HotOptions figures, bool isSnapshotWanted = false)
    {
        Step(new RaftInput.Reconfigure(figures));
        if (isSnapshotWanted) Step(RaftInput.TakeSnapshot.Instance);
    }

    public void HandOver(NodeId? to) => Step(new RaftInput.TransferLeadership(to));

    private void End(bool losesPower)
    {
        Process.End();
        Node = null;
        Disk.Crash(losesPower, _flushing, _saving);
        (_flushing, _saving, _isFlushing) = ([], null, false);
        _jobs.Clear();
        State = default;
        _values.Clear();
        _proposed.Clear();
        _asked.Clear();
        _writes.Clear();
        _reads.Clear();
        _readsByIndex.Clear();
        world.Checker.Crashed(Name);
    }

    private void Step(RaftInput input)
    {
        if (Node is null) return;
        var output = Node.Step(input, Clock());
        Members = Node.MembersInLog;
        world.Checker.Stepped(Node, output, world.DiskOf);
        if (output.Violation is { } violation)
            throw new SafetyViolationException("Protocol", $"{Name} saw {violation} in {input}");
        if (output.Changed is { Refusal: MembershipRefusal.None }) world.Changes++;
        if (output.Proposed is { } answer) Proposed(answer);
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

    private void Apply(ImmutableArray<LogEntry> entries) => After(world.ApplyTime(), () =>
    {
        foreach (var entry in entries)
        {
            State = State.After(entry);
            world.Checker.Reached(Name, State);
            var answer = _values.Apply(entry);
            if (_proposed.Remove(entry.Index, out var term) && term == entry.Term && entry.Kind == EntryKind.Command)
                world.Checker.Acknowledge(entry);
            AnswerWrite(entry, answer);
        }

        AnswerReads();
        Step(new RaftInput.Applied(entries[^1].Index));
    });

    private void Answer(LeadershipConfirmation confirmation)
    {
        _asked.Remove(confirmation.Id, out var acknowledged);
        AnswerRead(confirmation);
        if (!confirmation.Confirmed) return;
        world.Confirmations++;
        SafetyChecker.ConfirmedAfter(acknowledged, confirmation, Name);
    }

    private void ScheduleTick()
    {
        if (Node is null || Node.NextDeadline == _tickAt) return;
        _tickAt = Node.NextDeadline;
        Process.After(Node.NextDeadline - Clock(), () =>
        {
            Step(RaftInput.Tick.Instance);

            // The shell would take one turn after the other for ever.
            if (Node is not null) Invariant.Holds(Node.NextDeadline > Clock());
        });
    }

    private Instant Clock() => Process.Clock.Boot;

    private void After(TimeSpan wait, Action act) => Process.AfterTrue(wait, act);
}
