using Holdfast.Primitives;

namespace Holdfast.Client.Handoff;

/// <summary>
/// Where the epoch of a daemon comes from: from its supervisor, which raises the daemon's grain at each handoff; from
/// the grain itself, without one; or from a file beside the data, without a directory.
/// </summary>
public interface IDaemonFence
{
    /// <summary>Whether somebody else raised the epoch before this process started.</summary>
    bool IsRaisedByOthers { get; }

    /// <summary>The epoch in force, which the supervisor raised.</summary>
    /// <exception cref="FenceUnreachableException">Nobody knows it now.</exception>
    Task<Epoch> ReadAsync(CancellationToken cancel);

    /// <summary>Raises the epoch on one's own account.</summary>
    /// <exception cref="FenceUnreachableException">Not now.</exception>
    Task<Epoch> RaiseAsync(CancellationToken cancel);
}

/// <summary>The epoch of a daemon can be neither read nor raised at the moment.</summary>
public sealed class FenceUnreachableException(string message, Exception? inner = null) : Exception(message, inner);
