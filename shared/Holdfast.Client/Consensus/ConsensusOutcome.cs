using System.Diagnostics.CodeAnalysis;

namespace Holdfast.Client;

/// <summary>
/// What Consensus said: the value, or an expected refusal that the caller must handle. That nobody could be reached
/// is neither, and thrown as <see cref="ConsensusUnavailableException"/>.
/// </summary>
/// <typeparam name="T">The answer of the call.</typeparam>
public sealed record ConsensusOutcome<T>
    where T : class
{
    private ConsensusOutcome(T? value, ConsensusRefusal? refusal) => (Value, Refusal) = (value, refusal);

    /// <summary>The answer; null when refused.</summary>
    public T? Value { get; }

    /// <summary>Why not; null when answered.</summary>
    public ConsensusRefusal? Refusal { get; }

    /// <summary>Reads either.</summary>
    public bool TryGet([NotNullWhen(true)] out T? value, [NotNullWhen(false)] out ConsensusRefusal? refusal)
    {
        value = Value;
        refusal = Refusal;
        return value is not null;
    }

    /// <summary>The value, where a refusal would be a bug of the caller or of the configuration.</summary>
    /// <exception cref="ConsensusRefusedException">It was refused.</exception>
    public T Demand() => Value ?? throw new ConsensusRefusedException(Refusal!);

    internal static ConsensusOutcome<T> Answered(T value) => new(value, null);

    internal static ConsensusOutcome<T> Refused(ConsensusRefusal refusal) => new(null, refusal);
}

/// <summary>Why Consensus refused; <see cref="Other"/> is a code that this client does not know.</summary>
public enum ConsensusRefusalReason
{
    /// <summary>A code of a newer Consensus; read <see cref="ConsensusRefusal.Code"/>.</summary>
    Other,

    /// <summary>No such session.</summary>
    SessionUnknown,

    /// <summary>The session's node was fenced.</summary>
    SessionRevoked,

    /// <summary>The session ended.</summary>
    SessionEnded,

    /// <summary>This generation of the node is fenced.</summary>
    NodeFenced,

    /// <summary>The session does not hold the election.</summary>
    NotHolder,

    /// <summary>Something is there already.</summary>
    AlreadyExists,

    /// <summary>Nothing is under this name.</summary>
    NotFound,

    /// <summary>The request breaks a rule.</summary>
    InvalidRequest,

    /// <summary>The bearer token is missing or unknown.</summary>
    Unauthorized,
}

/// <summary>A refusal.</summary>
/// <param name="Reason">Why, as far as this client knows the code.</param>
/// <param name="Code">The stable code of the answer.</param>
/// <param name="Detail">Why, in words.</param>
/// <param name="Status">The HTTP status.</param>
public sealed record ConsensusRefusal(ConsensusRefusalReason Reason, string Code, string Detail, int Status)
{
    /// <summary>Whether the session is over for good: a new one is wanted.</summary>
    public bool IsSessionOver => Reason is ConsensusRefusalReason.SessionUnknown
        or ConsensusRefusalReason.SessionRevoked or ConsensusRefusalReason.SessionEnded
        or ConsensusRefusalReason.NodeFenced;
}

/// <summary>No voter answered within the deadline; what was asked may or may not have been carried out.</summary>
public sealed class ConsensusUnavailableException(string what, Exception? inner = null)
    : Exception($"Consensus is unavailable: {what}", inner);

/// <summary>Consensus refused what the caller relied on.</summary>
public sealed class ConsensusRefusedException(ConsensusRefusal refusal)
    : Exception($"Consensus refused ({refusal.Code}): {refusal.Detail}")
{
    /// <summary>The refusal.</summary>
    public ConsensusRefusal Refusal { get; } = refusal;
}
