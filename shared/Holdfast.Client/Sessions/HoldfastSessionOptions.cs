using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>The session to open.</summary>
public sealed record HoldfastSessionOptions
{
    /// <summary>The cluster that this process belongs to.</summary>
    public required ClusterId Cluster { get; init; }

    /// <summary>
    /// The node this process runs on. Fencing it revokes the session. Absent: the session ends by its time to live
    /// only.
    /// </summary>
    public NodeId? Node { get; init; }

    /// <summary>The generation of that node, as its agent tells; wanted with a node.</summary>
    public Generation? Generation { get; init; }

    /// <summary>A word for people who list sessions.</summary>
    public string? Name { get; init; }

    /// <summary>Whether it is the session of the node's own agent.</summary>
    public bool Agent { get; init; }

    /// <summary>
    /// How long Consensus waits without a keep-alive. Longer rides out longer pauses, shorter hands over sooner. From
    /// 500 ms to 10 min.
    /// </summary>
    public TimeSpan Ttl { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Pause between two keep-alives. Shorter survives more lost ones and costs a request each. From 50 ms to a third
    /// of <see cref="Ttl"/>.
    /// </summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Taken off the end of the lease, for what is under way then. More stops earlier, less risks a late act. From 0
    /// to a fifth of <see cref="Ttl"/>.
    /// </summary>
    public TimeSpan Margin { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>What is wrong with these options, each as a sentence that names key, value and range.</summary>
    public IEnumerable<string> Problems()
    {
        if (Ttl < TimeSpan.FromMilliseconds(500) || Ttl > TimeSpan.FromMinutes(10))
            yield return $"Ttl is {Ttl}; 00:00:00.500 to 00:10:00 is wanted.";
        if (KeepAlive < TimeSpan.FromMilliseconds(50) || KeepAlive * 3 > Ttl)
            yield return $"KeepAlive is {KeepAlive}; 00:00:00.050 to a third of Ttl ({Ttl}) is wanted.";
        if (Margin < TimeSpan.Zero || Margin * 5 > Ttl)
            yield return $"Margin is {Margin}; 0 to a fifth of Ttl ({Ttl}) is wanted.";
        if (Node is null != Generation is null)
            yield return "Node and Generation go together: a session on a node names the generation of that node.";
        if (Agent && Node is null) yield return "Agent needs a Node.";
    }
}
