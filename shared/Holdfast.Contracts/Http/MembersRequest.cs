namespace Holdfast.Contracts.Http;

/// <summary>A change of the members of the group of voters, done as a whole or refused as a whole.</summary>
public sealed record MembersRequest
{
    /// <summary>Members to have under these addresses; who is none yet comes as a learner.</summary>
    public IReadOnlyList<MemberRequest>? Put { get; init; }

    /// <summary>Learners that vote from now on; each must have caught up.</summary>
    public IReadOnlyList<string>? Promote { get; init; }

    /// <summary>Members that go; the leader may be one of them.</summary>
    public IReadOnlyList<string>? Remove { get; init; }

    /// <summary>Take an even number of voters, which bears no more losses than one voter less.</summary>
    public bool AcceptEvenVoters { get; init; }

    /// <summary>Take a layout that the loss of one failure domain can leave without a majority.</summary>
    public bool AcceptUnsafeDomains { get; init; }

    /// <summary>Refuse where the members are of another version, since somebody changed them meanwhile.</summary>
    public ulong? OnlyAtVersion { get; init; }
}

/// <summary>A member to have.</summary>
public sealed record MemberRequest
{
    /// <summary>Its <c>Node:Id</c>. One that lost its data directory comes under a new one.</summary>
    public required string Node { get; init; }

    /// <summary>Its failure domain.</summary>
    public required string Domain { get; init; }

    /// <summary>Host and port where the other members reach it.</summary>
    public required string RaftAddress { get; init; }

    /// <summary>The URL where clients reach it.</summary>
    public required string HttpAddress { get; init; }
}

/// <summary>The members after a change.</summary>
public sealed record MembersAnswer
{
    /// <summary>Rises with every step of every change.</summary>
    public required ulong Version { get; init; }

    /// <summary>All of them.</summary>
    public required IReadOnlyList<VoterAnswer> Members { get; init; }
}
