using System.Collections.Immutable;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Coordination;

/// <summary>
/// What the log says about sessions, elections, fences, definitions and losses of the directory's memory, at one index.
/// <para>
/// The state is a value: an entry makes a new one and leaves the old one to whoever reads it. It knows no clock. That a
/// time to live ran out is decided by the leader (<see cref="SessionLeases"/>) and becomes true only as an entry.
/// </para>
/// <para>
/// A token is the generation of Consensus and the index of the entry, so an entry mints one at most. That is why the
/// end of a session only vacates its elections: each is granted to the next in line by an entry of its own
/// (<see cref="CoordinationCommand.GrantNext"/>), which the leader proposes.
/// </para>
/// </summary>
public sealed partial record CoordinationState
{
    public static CoordinationState Empty { get; } = new();

    /// <summary>The last command that is in this state, including those that changed nothing.</summary>
    public LogIndex AppliedIndex { get; private init; }

    public Term AppliedTerm { get; private init; }

    /// <summary>
    /// The newest format that every member was found to read, see <see cref="CoordinationCommand.RaiseFormat"/>. Below
    /// <see cref="CommandCodec.RequestVersion"/> no request is marked, below <see cref="CommandCodec.LossVersion"/> no
    /// loss is told.
    /// </summary>
    public byte Format { get; private init; } = CommandCodec.Version;

    /// <summary>The highest generation that an entry carried.</summary>
    public ushort ConsensusGeneration { get; private init; }

    public ImmutableSortedDictionary<SessionId, SessionRecord> Sessions { get; private init; } =
        ImmutableSortedDictionary<SessionId, SessionRecord>.Empty;

    public ImmutableSortedDictionary<string, ElectionRecord> Elections { get; private init; } =
        ImmutableSortedDictionary.Create<string, ElectionRecord>(StringComparer.Ordinal);

    public ImmutableSortedDictionary<NodeId, NodeRecord> Nodes { get; private init; } =
        ImmutableSortedDictionary<NodeId, NodeRecord>.Empty;

    public ImmutableSortedDictionary<string, DefinitionRecord> Definitions { get; private init; } =
        ImmutableSortedDictionary.Create<string, DefinitionRecord>(StringComparer.Ordinal);

    /// <summary>Who leads Raft; null before the first term that said so.</summary>
    public Leadership? Leadership { get; private init; }

    /// <summary>What the bus must still hear, the oldest first.</summary>
    public ImmutableList<Announcement> Outbox { get; private init; } = [];

    /// <summary>Everything that entries up to this one announce is confirmed by the bus.</summary>
    public LogIndex AnnouncedIndex { get; private init; }

    /// <summary>
    /// Fenced nodes that were forgotten to make room had generations up to this one: a node that is not remembered must
    /// come with a higher one.
    /// </summary>
    public Generation ForgottenGeneration { get; private init; }

    /// <summary>
    /// A mistake on purpose, for tests of the checkers: what an entry vacates is granted by the same entry, under a
    /// token that it may mint twice.
    /// </summary>
    internal bool GrantsAtOnce { get; init; }

    /// <summary>The state after one more entry, and what the entry did.</summary>
    public AppliedEntry Apply(LogIndex index, Term term, StampedCommand command)
    {
        Invariant.Holds(index > AppliedIndex);
        Invariant.Holds(term >= AppliedTerm);
        var generation = Math.Max(ConsensusGeneration, command.Stamp.ConsensusGeneration);
        var entry = new Entry(index, term, Token.Mint(generation, index.Value), command.Stamp);
        var state = this with { AppliedIndex = index, AppliedTerm = term, ConsensusGeneration = generation };
        return command.Stamp.Request is { } request
            ? state.ApplyOnce(entry, request, command.Command)
            : state.Apply(entry, command.Command);
    }

    /// <summary>An election as it is now; <c>consensus</c> is not among them, see <see cref="Leadership"/>.</summary>
    public ElectionRecord? Election(ElectionName name) => Elections.GetValueOrDefault(name.Value);

    private AppliedEntry Apply(Entry entry, CoordinationCommand command) => command switch
    {
        CoordinationCommand.OpenSession open => Open(entry, open),
        CoordinationCommand.AdvanceSession advance => Advance(entry, advance),
        CoordinationCommand.CloseSession close => Close(entry, close),
        CoordinationCommand.ExpireSession expire => Expire(entry, expire),
        CoordinationCommand.Campaign campaign => Campaign(entry, campaign),
        CoordinationCommand.Resign resign => Resign(entry, resign),
        CoordinationCommand.AdvanceElection advance => Advance(entry, advance),
        CoordinationCommand.GrantNext grant => GrantNext(entry, grant),
        CoordinationCommand.FenceNode fence => Fence(entry, fence),
        CoordinationCommand.PutDefinition put => Put(entry, put),
        CoordinationCommand.DeleteDefinition delete => Delete(delete),
        CoordinationCommand.RecordAnnounced announced => RecordAnnounced(announced),
        CoordinationCommand.BeginTerm begin => BeginTerm(entry, begin),
        CoordinationCommand.RaiseFormat raise => RaiseFormat(raise),
        CoordinationCommand.DirectoryLost lost => Lose(entry, lost),
        _ => throw new InvariantViolatedException($"{command} has no rule"),
    };

    private static AppliedEntry Refuse(CoordinationState unchanged, RefusalCode code, string detail) =>
        new(unchanged, new CoordinationAnswer.Refused(code, detail));

    /// <summary>The entry being applied, with the one token it may mint.</summary>
    private sealed record Entry(LogIndex Index, Term Term, Token Token, CommandStamp Stamp);
}

/// <summary>The state after an entry and the answer to whoever proposed it.</summary>
public sealed record AppliedEntry(CoordinationState State, CoordinationAnswer Answer);
