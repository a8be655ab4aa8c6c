namespace Holdfast.Consensus.Protocol.Coordination;

/// <summary>What an entry did. A refusal is an outcome too: every voter refuses alike and changes nothing.</summary>
public abstract record CoordinationAnswer
{
    private CoordinationAnswer()
    {
    }

    /// <summary>It is of an earlier entry: the request is a repeated one, and this entry did nothing.</summary>
    public bool IsRepeated { get; init; }

    public sealed record SessionState(SessionRecord Session) : CoordinationAnswer;

    public sealed record ElectionState(ElectionRecord Election) : CoordinationAnswer;

    /// <summary><paramref name="New"/> is false where an earlier fence covers the wanted one.</summary>
    public sealed record FenceState(FenceRecord Fence, bool New) : CoordinationAnswer;

    public sealed record DefinitionState(DefinitionRecord Definition) : CoordinationAnswer;

    /// <summary><paramref name="New"/> is false where this memory was lost by an earlier entry.</summary>
    public sealed record LossState(MemoryLoss Loss, bool New) : CoordinationAnswer;

    /// <summary>Done, or found to be done already.</summary>
    public sealed record Done : CoordinationAnswer;

    public sealed record Refused(RefusalCode Code, string Detail) : CoordinationAnswer;
}

/// <summary>
/// Why an entry changed nothing. The names, in camelCase, are the codes of the HTTP answers. The numbers are in
/// snapshots, as answers that may be asked for again: add at the end only.
/// </summary>
public enum RefusalCode
{
    /// <summary>No such session is remembered.</summary>
    UnknownSession,

    /// <summary>Its node is fenced: it has no right to tokens any more.</summary>
    SessionRevoked,

    /// <summary>It was closed or its time to live ran out.</summary>
    SessionEnded,

    /// <summary>The node is fenced at this generation or a newer one.</summary>
    GenerationFenced,

    /// <summary>The node is known in another cluster, at this generation or a newer one.</summary>
    NodeInOtherCluster,

    /// <summary>The agent's session must name its node.</summary>
    AgentWithoutNode,

    /// <summary>The time to live is outside the legal range.</summary>
    IllegalTtl,

    /// <summary>The name is Consensus' own.</summary>
    ReservedElection,

    /// <summary>The session neither holds the election nor waits for it.</summary>
    NotHolder,

    TooManySessions,
    TooManyElections,
    TooManyNodes,
    TooManyDefinitions,
    TooMuchEvidence,
    QueueFull,
    DefinitionTooLarge,

    /// <summary>It was to be put only if absent.</summary>
    DefinitionExists,

    UnknownDefinition,

    /// <summary>The request is older than what is remembered: nobody knows whether it was carried out.</summary>
    RequestForgotten,

    /// <summary>Another request had this number.</summary>
    RequestReused,
}
