using System.Globalization;
using System.Net;

namespace Holdfast.Directory.Redis;

/// <summary>Addresses as options and Sentinels write them.</summary>
internal static class RedisEndpoint
{
    /// <summary>
    /// <c>host:port</c>, several separated by <c>,</c>, each once; an IPv6 address with or without brackets.
    /// StackExchange.Redis 1.2.6 takes the first colon for the one before the port, throws at an address that it has
    /// already, and looks for an IPv6 address that it does not know to be one in IPv4 only.
    /// </summary>
    public static IReadOnlyList<EndPoint> ReadAll(string text) => [.. text.Split(',').Select(Read).Distinct()];

    /// <summary>Host, without brackets, and port.</summary>
    public static (string Host, int Port) Split(string text)
    {
        var endpoint = text.AsSpan().Trim();
        var colon = endpoint.LastIndexOf(':');
        var host = endpoint[..colon];
        if (host is ['[', .. var inner, ']']) host = inner;
        return (host.ToString(), int.Parse(endpoint[(colon + 1)..], CultureInfo.InvariantCulture));
    }

    private static EndPoint Read(string text)
    {
        var (host, port) = Split(text);
        return IPAddress.TryParse(host, out var address) ? new IPEndPoint(address, port) : new DnsEndPoint(host, port);
    }
}
