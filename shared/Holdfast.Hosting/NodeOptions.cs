using Holdfast.Primitives;

namespace Holdfast.Hosting;

/// <summary>Who this process is.</summary>
public sealed record NodeOptions
{
    public const string Section = "Node";

    /// <summary>The node this process runs on. 1 to 128 characters of <c>[A-Za-z0-9._-]</c>. No default.</summary>
    public required NodeId Id { get; init; }

    /// <summary>The failure domain the node belongs to. Same rule as the id. No default.</summary>
    public required ClusterId Cluster { get; init; }

    /// <summary>Where in the cluster it stands; copies are spread over racks. Default: none.</summary>
    public string? Rack { get; init; }
}
