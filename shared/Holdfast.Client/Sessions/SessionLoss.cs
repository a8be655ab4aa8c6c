using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>Why a session was lost.</summary>
/// <param name="Reason">Revoked, ended or unknown.</param>
/// <param name="Detail">In words.</param>
public sealed record SessionLoss(ConsensusRefusalReason Reason, string Detail);

/// <summary>What was asked needs a session that is lost.</summary>
public sealed class SessionLostException(SessionId session, SessionLoss loss)
    : Exception($"Session {session} is lost ({loss.Reason}): {loss.Detail}")
{
    /// <summary>Why.</summary>
    public SessionLoss Loss { get; } = loss;
}
