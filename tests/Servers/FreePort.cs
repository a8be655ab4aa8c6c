using System.Globalization;

namespace Holdfast.Servers;

/// <summary>
/// Ports for servers that are started, stopped and started again at the same place. They are outside the range that
/// the kernel takes for outgoing connections, of which any could otherwise have the port of a server that is down:
/// even a client that tries to reach just that server, and so connects to itself.
/// </summary>
public static class FreePort
{
    // Most servers' usual ports are below.
    private const int First = 10_000;

    // Holdfast.Standalone, which tests start too, draws its own ports from here on.
    private const int End = 20_000;

    // With fewer, tests of many servers would come to the same ports again too soon.
    private const int CountMin = 1000;

    // Linux says here the first and the last port of outgoing connections.
    private const string OutgoingPorts = "/proc/sys/net/ipv4/ip_local_port_range";

    private static readonly PortSeries Series = new(First, EndBelow(FirstOutgoing()));

    /// <summary>
    /// A port on loopback that nobody uses, for TCP or UDP. It is given to no other process while this one lives, and
    /// to this one again only after thousands of others.
    /// </summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public static int Next() => Series.Next();

    /// <summary>
    /// The first port beyond those that are given. Where outgoing connections leave no room below theirs, all ports
    /// are alike, and theirs are given too.
    /// </summary>
    public static int EndBelow(int firstOutgoing) =>
        firstOutgoing < First + CountMin ? End : Math.Min(End, firstOutgoing);

    /// <summary>The first port that the kernel takes for outgoing connections.</summary>
    public static int FirstOutgoing()
    {
        // Elsewhere it is 49,152, as IANA has it.
        if (!File.Exists(OutgoingPorts)) return 49_152;
        var first = File.ReadAllText(OutgoingPorts).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[0];
        return int.Parse(first, CultureInfo.InvariantCulture);
    }
}
