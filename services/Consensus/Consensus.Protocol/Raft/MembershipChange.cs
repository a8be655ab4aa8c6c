using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Raft;

/// <summary>
/// What an operator wants of the members, in one change: several may come, vote and go at once. It is refused as a
/// whole or done as a whole.
/// </summary>
public sealed record MembershipChange
{
    /// <summary>Members to have under these addresses: who is none yet comes as a learner.</summary>
    public ImmutableArray<Member> Put { get; init; } = [];

    /// <summary>Learners that vote from now on; each must have caught up.</summary>
    public ImmutableArray<NodeId> Promote { get; init; } = [];

    /// <summary>Voters and learners that go; the leader may be one of them.</summary>
    public ImmutableArray<NodeId> Remove { get; init; } = [];

    /// <summary>An even number of voters is wanted: it bears no more losses than one voter less.</summary>
    public bool AcceptsEvenVoters { get; init; }

    /// <summary>A layout is wanted that the loss of one failure domain can leave without a majority.</summary>
    public bool AcceptsUnsafeDomains { get; init; }

    /// <summary>The change is meant for this version of the configuration, and refused for another.</summary>
    public ulong? OnlyAtVersion { get; init; }
}

/// <summary>Why a change of members was refused; nothing was changed.</summary>
public enum MembershipRefusal
{
    None,

    /// <summary>Only the leader changes the members.</summary>
    NotLeader,

    /// <summary>The leader does not know yet what earlier terms committed; ask again.</summary>
    LeaderNotReady,

    /// <summary>The change before is not committed yet, or not out of its joint state.</summary>
    ChangeInProgress,

    /// <summary>The configuration is of another version than the change was meant for.</summary>
    OtherVersion,

    /// <summary>It names a member twice, or wants it to stay and to go, or has a text that is too long.</summary>
    Contradiction,

    /// <summary>It would change nothing.</summary>
    NothingToChange,

    /// <summary>It names who is no member.</summary>
    UnknownMember,

    /// <summary>Two members would have one address.</summary>
    AddressTaken,

    /// <summary>It promotes who votes already.</summary>
    AlreadyVoter,

    /// <summary>It promotes a learner that is too far behind, or was not heard of.</summary>
    LearnerNotCaughtUp,

    /// <summary>Nobody would vote any more.</summary>
    LastVoter,

    /// <summary>More members or voters than a group has.</summary>
    TooManyMembers,

    /// <summary>An even number of voters, which was not accepted.</summary>
    EvenVoters,

    /// <summary>
    /// The loss of one failure domain could leave no majority, which was not so before and was not accepted.
    /// </summary>
    UnsafeDomains,

    /// <summary>Of the new voters no majority is heard of: nothing could be committed any more.</summary>
    LosesQuorum,
}

/// <summary>
/// The answer to a change: begun with the entry at <paramref name="Index"/>, or refused for a reason. It is done when
/// that configuration, and the one that leaves its joint state, is committed.
/// </summary>
/// <param name="Refusal">None when it was begun.</param>
/// <param name="Detail">The reason in a sentence, with its figures.</param>
/// <param name="Index">The entry that begins it.</param>
/// <param name="Term">The term of that entry.</param>
/// <param name="Version">The version of the configuration at its end.</param>
/// <param name="Leader">The leader that is known.</param>
public sealed record ChangeAnswer(
    MembershipRefusal Refusal, string Detail, LogIndex Index, Term Term, ulong Version, NodeId? Leader);
