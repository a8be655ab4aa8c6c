using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Gossip.Service;

/// <summary>What gossip asks of the node's own settings beyond their types.</summary>
internal static class NodeRules
{
    public static IEnumerable<string> Problems(NodeOptions options)
    {
        // It travels in datagrams, so it is bounded like every other name.
        if (options.Rack is { } rack && !NodeId.IsLegal(rack))
            yield return $"Node:Rack is '{rack}'; wanted is 1 to 128 characters of A-Z a-z 0-9 . _ -.";
    }
}
