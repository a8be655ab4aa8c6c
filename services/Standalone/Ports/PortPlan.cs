using System.Net;
using System.Net.Sockets;

namespace Holdfast.Standalone.Ports;

/// <summary>A port that was asked for is in use.</summary>
internal sealed class PortTakenException(int port, string purpose, string remedy)
    : Exception($"Port {port} on 127.0.0.1 is taken; it was wanted for {purpose}. {remedy}")
{
    public int Port { get; } = port;
}

/// <summary>
/// Hands out loopback ports: one after the other from a first one, or free ones. Free ones are drawn below the range
/// that the system itself gives to outgoing connections, so that nothing else takes them between here and their use.
/// </summary>
internal sealed class PortPlan(int? first)
{
    private const int DrawnMin = 20_000;
    private const int DrawnMax = 32_000;
    private const int DrawsMax = 200;

    private readonly HashSet<int> _given = [];
    private int _next = first ?? 0;

    /// <summary>How many ports follow each other when the first one is chosen.</summary>
    public int Given => _given.Count;

    /// <exception cref="PortTakenException">The port is in use, or there is none above.</exception>
    public int Take(string purpose)
    {
        if (first is null) return Draw(purpose);
        var port = _next++;
        if (port > IPEndPoint.MaxPort || !IsFree(port))
            throw new PortTakenException(port, purpose, "Choose another --port, or none to take free ones.");
        _given.Add(port);
        return port;
    }

    private int Draw(string purpose)
    {
        for (var draw = 0; draw < DrawsMax; draw++)
        {
            var port = Random.Shared.Next(DrawnMin, DrawnMax);
            if (!_given.Contains(port) && IsFree(port))
            {
                _given.Add(port);
                return port;
            }
        }

        throw new PortTakenException(DrawnMin, purpose, $"No free port was found in {DrawsMax} draws.");
    }

    /// <summary>Every port is checked for both protocols, so that one number never means two things.</summary>
    private static bool IsFree(int port)
    {
        try
        {
            using var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            using var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            tcp.Bind(new IPEndPoint(IPAddress.Loopback, port));
            tcp.Listen(1);
            udp.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            // Taken, or not ours to take: either way not free.
            return false;
        }
    }
}
