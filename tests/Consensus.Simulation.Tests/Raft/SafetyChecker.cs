using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Simulation.Tests.Raft;

/// <summary>Raft promised something else.</summary>
internal sealed class SafetyViolationException(string property, string what) : Exception($"{property}: {what}")
{
    public string Property { get; } = property;
}

/// <summary>
/// Sees every step of every voter and every disk, and demands after each what Raft promises: its five properties
/// (Raft, figure 3), one vote per term, that whatever is committed is durable on a majority, and that a confirmed
/// leader knows everything that was acknowledged before it was asked.
/// </summary>
internal sealed class SafetyChecker(Configuration bootstrap)
{
    private readonly Dictionary<Term, NodeId> _leaders = [];
    private readonly Dictionary<(NodeId Voter, Term Term), NodeId> _votes = [];
    private readonly Dictionary<(LogIndex, Term), (byte[] Command, Term PrevTerm)> _entries = [];
    private readonly Dictionary<NodeId, (Term Term, LogIndex Last)> _leading = [];
    private readonly List<LogEntry> _committed = [];

    // The term in which each was committed, which may be later than the entry's own.
    private readonly List<Term> _committedIn = [];

    // What a state machine is after each committed entry, and before the first.
    private readonly List<ChainedState> _states = [default];

    public int Elections => _leaders.Count;

    public int Committed => _committed.Count;

    /// <summary>The highest place whose command somebody was told is applied.</summary>
    public LogIndex AcknowledgedUpTo { get; private set; }

    public int Acknowledged { get; private set; }

    /// <summary>The newest configuration that is committed, and its place.</summary>
    public (LogIndex Index, Configuration Configuration) Members { get; private set; } = (LogIndex.Zero, bootstrap);

    public void Crashed(NodeId voter) => _leading.Remove(voter);

    public void Stepped(RaftNode node, RaftOutput output, Func<NodeId, VoterDisk> disks)
    {
        CheckAppends(node, output);
        CheckLeader(node);
        CheckCommit(node, disks);
        CheckApply(output);
    }

    /// <summary>
    /// A message leaves its voter. Only now has it voted: a vote that was decided and lost before its flush is none.
    /// </summary>
    public void Sent(NodeId from, Envelope envelope)
    {
        NodeId? vote = envelope.Message switch
        {
            VoteReply { Granted: true } => envelope.To,
            VoteRequest => from,
            _ => null,
        };
        if (vote is null) return;
        var known = _votes.GetValueOrDefault((from, envelope.Message.Term), vote.Value);
        _votes[(from, envelope.Message.Term)] = known;
        Demand(
            known == vote,
            "One vote per term",
            $"{from} voted for {known} and {vote} in term {envelope.Message.Term}");
    }

    public void Acknowledge(LogEntry entry)
    {
        var isCommitted = entry.Index.Value <= (ulong)_committed.Count;
        Demand(isCommitted, "Durability", $"{Show(entry)} is acknowledged, not committed");
        Acknowledged++;
        AcknowledgedUpTo = LogIndex.Later(AcknowledgedUpTo, entry.Index);
    }

    /// <summary>
    /// Whatever is committed is still durable on a majority, now that one more voter counts. In a joint state of the
    /// new voters: a leader that has the end of it in its log counts only them, before that end is committed, and
    /// nobody is elected without their majority.
    /// </summary>
    public void CheckDurable(Func<NodeId, VoterDisk> disks)
    {
        var members = Members.Configuration.IsJoint ? Members.Configuration.Leave() : Members.Configuration;
        foreach (var entry in _committed) CheckDurable(entry, members, disks);
    }

    public static void ConfirmedAfter(LogIndex acknowledged, LeadershipConfirmation answer, NodeId by) => Demand(
        answer.ReadIndex >= acknowledged,
        "Linearizable confirmation",
        $"{by} is confirmed at {answer.ReadIndex}, but {acknowledged} had been acknowledged when it was asked");

    /// <summary>A state machine applied an entry or took a snapshot.</summary>
    public void Reached(NodeId voter, ChainedState state) => Demand(
        state.Index.Value <= (ulong)_committed.Count && _states[(int)state.Index.Value] == state,
        "State machine safety",
        $"{voter} at {state.Index} is in another state than the committed entries lead to");

    /// <summary>After everything healed: all voters applied the same, and all that was ever committed.</summary>
    public void CheckEnd(IEnumerable<(NodeId Voter, ChainedState State)> machines, string state)
    {
        foreach (var (voter, applied) in machines)
        {
            Demand(applied.Index.Value == (ulong)_committed.Count, "Convergence",
                $"{voter} applied {applied.Index} entries of {_committed.Count} that are committed; {state}");
            Reached(voter, applied);
        }
    }

    private static void Demand(bool holds, string property, string what)
    {
        if (!holds) throw new SafetyViolationException(property, what);
    }

    private static void DemandSame(LogEntry entry, LogEntry expected, string property) => Demand(
        entry.Index == expected.Index && entry.Term == expected.Term &&
            entry.Command.Span.SequenceEqual(expected.Command.Span),
        property,
        $"{Show(entry)} where {Show(expected)} is committed");

    private static string Show(LogEntry entry) => $"entry {entry.Index} of term {entry.Term}";

    private void CheckAppends(RaftNode node, RaftOutput output)
    {
        // Log matching, by induction: an index and a term name one command and one entry before it.
        foreach (var entry in output.Persist?.Entries ?? [])
        {
            var prevTerm = node.TermAt(entry.Index.Previous()) ?? Term.Zero;
            if (_entries.TryAdd((entry.Index, entry.Term), (entry.Command.ToArray(), prevTerm))) continue;
            var (command, knownPrevTerm) = _entries[(entry.Index, entry.Term)];
            Demand(
                prevTerm == knownPrevTerm && entry.Command.Span.SequenceEqual(command),
                "Log matching",
                $"{Show(entry)} of {node.Self} differs from what another voter had there");
        }
    }

    private void CheckLeader(RaftNode node)
    {
        if (node.Role != RaftRole.Leader)
        {
            _leading.Remove(node.Self);
            return;
        }

        var isNew = _leaders.TryAdd(node.Term, node.Self);
        Demand(
            _leaders[node.Term] == node.Self,
            "Election safety",
            $"{node.Self} and {_leaders[node.Term]} lead term {node.Term}");
        if (isNew) CheckCompleteness(node);
        if (_leading.TryGetValue(node.Self, out var before) && before.Term == node.Term)
            Demand(node.LastIndex >= before.Last, "Leader append-only", $"{node.Self} shortened its log as leader");
        _leading[node.Self] = (node.Term, node.LastIndex);
    }

    private void CheckCompleteness(RaftNode leader)
    {
        foreach (var entry in _committed)
        {
            // What is before its base led to the state it took, which was compared.
            if (entry.Index < leader.BaseIndex) continue;

            // A candidate that was suspended may win its old term late; only later leaders owe the entry.
            if (_committedIn[(int)entry.Index.Value - 1] >= leader.Term) continue;
            Demand(
                leader.TermAt(entry.Index) == entry.Term,
                "Leader completeness",
                $"{leader.Self} leads term {leader.Term} without the committed {Show(entry)}");
        }
    }

    private void CheckCommit(RaftNode node, Func<NodeId, VoterDisk> disks)
    {
        while ((ulong)_committed.Count < node.CommitIndex.Value)
        {
            var entry = node.EntryAt(new LogIndex((ulong)_committed.Count + 1));
            _committed.Add(entry);
            _committedIn.Add(node.Term);
            _states.Add(_states[^1].After(entry));
            CheckDurable(entry, node.MembersInLog, disks);
            if (entry.Kind == EntryKind.Configuration)
                Members = (entry.Index, ConfigurationCodec.TryRead(entry.Command.Span)!);
        }

        if (node.CommitIndex == LogIndex.Zero) return;
        var expected = _committed[(int)node.CommitIndex.Value - 1];
        Demand(
            node.TermAt(node.CommitIndex) == expected.Term,
            "State machine safety",
            $"{node.Self} committed {node.CommitIndex} with another term than {expected.Term}");
        if (node.CommitIndex > node.BaseIndex)
            DemandSame(node.EntryAt(node.CommitIndex), expected, "State machine safety");
    }

    private static void CheckDurable(LogEntry entry, Configuration members, Func<NodeId, VoterDisk> disks) => Demand(
        members.HasMajority(member => disks(member).HasDurable(entry.Index, entry.Term)),
        "Durability",
        $"{Show(entry)} is committed, not durable on a majority of {members}");

    private void CheckApply(RaftOutput output)
    {
        foreach (var entry in output.Apply)
            DemandSame(entry, _committed[(int)entry.Index.Value - 1], "State machine safety");
    }
}
