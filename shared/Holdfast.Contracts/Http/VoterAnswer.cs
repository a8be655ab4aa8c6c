namespace Holdfast.Contracts.Http;

/// <summary>
/// A voter as the answering voter sees it.
/// </summary>
public sealed record VoterAnswer
{
    /// <summary>The voter.</summary>
    public required string Node { get; init; }

    /// <summary>Its failure domain.</summary>
    public required string Domain { get; init; }

    /// <summary>Where it serves HTTP.</summary>
    public required string Address { get; init; }

    /// <summary>Where the other members reach it.</summary>
    public string? RaftAddress { get; init; }

    /// <summary><c>voter</c>, <c>learner</c>, or <c>leaving</c> while a change removes it.</summary>
    public string? Standing { get; init; }

    /// <summary><c>leader</c>, <c>follower</c>, <c>candidate</c> or <c>unknown</c>.</summary>
    public required string Role { get; init; }

    /// <summary>What the leader knows to be durable there.</summary>
    public ulong? MatchIndex { get; init; }
}
