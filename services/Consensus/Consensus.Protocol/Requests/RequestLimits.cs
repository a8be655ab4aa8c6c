namespace Holdfast.Consensus.Protocol.Requests;

/// <summary>
/// How much is remembered. Part of the protocol of a state machine: every voter must forget the same, so these are
/// constants of the machine, never settings.
/// </summary>
public sealed record RequestLimits
{
    /// <summary>The highest number of a request; the lowest is 1.</summary>
    public const ulong NumberMax = long.MaxValue;

    /// <summary>What an answer counts beside its own bytes.</summary>
    public const int AnswerOverheadBytes = 64;

    /// <summary>
    /// Answers of one client. A client that has more requests under way at once may be told that an answer is
    /// forgotten.
    /// </summary>
    public required int AnswersPerClientMax { get; init; }

    /// <summary>Answers of all clients, each with <see cref="AnswerOverheadBytes"/>. Above it the oldest go.</summary>
    public required long BytesMax { get; init; }

    /// <summary>Clients; one more takes the place of the one that has asked nothing for longest.</summary>
    public required int ClientsMax { get; init; }
}
