namespace Holdfast.Contracts;

/// <summary>
/// Asks the supervisor of a node to hand a daemon to another build.
/// </summary>
public sealed record RequestHandoff : ICommand
{
    /// <summary>Chosen by the sender; a repeat is carried out once.</summary>
    public required Guid CommandId { get; init; }

    /// <summary>The node.</summary>
    public required string NodeId { get; init; }

    /// <summary>The configured daemon.</summary>
    public required string Daemon { get; init; }

    /// <summary>A build inside the daemon's folder.</summary>
    public required string Build { get; init; }
}
