namespace Holdfast.Standalone.Local;

/// <summary>What to run on this machine.</summary>
internal sealed record LocalOptions
{
    /// <summary>The first of the ports, one after the other; null: free ones.</summary>
    public int? Port { get; init; }

    /// <summary>Grains that processes of <c>east</c> own from the start; null: nobody here owns any.</summary>
    public int? Grains { get; init; }

    /// <summary>How long Failover waits before it promotes.</summary>
    public required TimeSpan Grace { get; init; }

    /// <summary>What is broken.</summary>
    public Sabotage Break { get; init; }

    /// <summary>
    /// Where the lines that children write go; null: nowhere, they are kept for a failure, and this process' hosts
    /// are quiet too.
    /// </summary>
    public Action<string>? ChildLines { get; init; }
}
