namespace Holdfast.Contracts.Http;

/// <summary>The wish that another voter leads.</summary>
public sealed record TransferRequest
{
    /// <summary>The voter that is to lead; null takes the one whose log is the furthest.</summary>
    public string? To { get; init; }

    /// <summary>
    /// The term (<see cref="ConsensusStatus.Term"/>) whose leader is to give its place up. A leader of a later term
    /// answers that it leads, and hands nothing on: so a request that is repeated after a lost answer acts once. Null:
    /// whoever leads, each time it is asked.
    /// </summary>
    public ulong? FromTerm { get; init; }
}
