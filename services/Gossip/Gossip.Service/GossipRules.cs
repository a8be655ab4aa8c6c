using System.Net;
using System.Text;
using Holdfast.Gossip.Protocol;
using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Gossip.Service;

/// <summary>The relations between the settings of the section, and what no attribute can say of one.</summary>
internal static class GossipRules
{
    public const int SecretBytesMin = 16;

    public static IEnumerable<string> Problems(GossipServiceOptions options) =>
        Intervals(options).Concat(Addresses(options)).Concat(Secret(options));

    /// <summary>
    /// What gossip asks of the node's own settings: the rack travels in datagrams, like every other name.
    /// </summary>
    public static IEnumerable<string> Problems(NodeOptions node)
    {
        if (node.Rack is { } rack && !NodeId.IsLegal(rack))
            yield return $"Node:Rack is '{rack}'; wanted is 1 to 128 characters of A-Z a-z 0-9 . _ -.";
    }

    private static IEnumerable<string> Intervals(GossipServiceOptions options)
    {
        if (options.WanInterval < options.LanInterval)
        {
            yield return $"Gossip:WanInterval is '{options.WanInterval}'; wanted is at least Gossip:LanInterval " +
                $"('{options.LanInterval}').";
        }

        if (options.QuietInterval < options.LanInterval)
        {
            yield return $"Gossip:QuietInterval is '{options.QuietInterval}'; wanted is at least Gossip:LanInterval " +
                $"('{options.LanInterval}').";
        }

        if (options.SessionKeepAlive * 3 > options.SessionTtl)
        {
            yield return $"Gossip:SessionKeepAlive is '{options.SessionKeepAlive}'; wanted is at most a third of " +
                $"Gossip:SessionTtl ('{options.SessionTtl}').";
        }
    }

    private static IEnumerable<string> Addresses(GossipServiceOptions options)
    {
        foreach (var seed in options.Seeds)
        {
            if (!IsHostAndPort(seed))
                yield return $"Gossip:Seeds has '{seed}'; wanted is host:port, such as 10.0.0.1:7946.";
        }

        if (options.HttpAdvertise is { } http && Encoding.UTF8.GetByteCount(http.ToString()) > PeerAddress.LengthMax)
        {
            yield return $"Gossip:HttpAdvertise has {http.ToString().Length} characters; wanted is at most " +
                $"{PeerAddress.LengthMax} bytes, since it travels in datagrams.";
        }

        if (options.Advertise is { } advertise && !IsHost(advertise) && !IsHostAndPort(advertise))
        {
            yield return $"Gossip:Advertise is '{advertise}'; wanted is host:port or host, such as 10.0.0.1:7946, " +
                "and no wildcard.";
        }
    }

    private static IEnumerable<string> Secret(GossipServiceOptions options)
    {
        if (options.SecretFile is not { } file) yield break;
        var length = 0;
        string? unreadable = null;
        try
        {
            length = ReadSecret(file).Length;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            unreadable = exception.Message;
        }

        if (unreadable is not null)
            yield return $"Gossip:SecretFile is '{file}'; wanted is a file that can be read. {unreadable}";
        else if (length < SecretBytesMin)
        {
            yield return $"Gossip:SecretFile is '{file}'; wanted is a file with at least {SecretBytesMin} bytes, " +
                $"it has {length}.";
        }
    }

    /// <summary>The secret without the line end that editors leave.</summary>
    public static byte[] ReadSecret(string file) => [.. File.ReadAllBytes(file).AsSpan().TrimEnd("\r\n"u8)];

    private static bool IsHostAndPort(string text)
    {
        var colon = text.LastIndexOf(':');
        return colon > 0 && ushort.TryParse(text.AsSpan(colon + 1), out var port) && port > 0 && IsHost(text[..colon]);
    }

    private static bool IsHost(string text) =>
        Uri.CheckHostName(text.Trim('[', ']')) != UriHostNameType.Unknown &&
        (!IPAddress.TryParse(text.Trim('[', ']'), out var address) ||
         (!address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any)));
}
