using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Holdfast.Servers;

/// <summary>
/// Gives the free ports of a range one after the other, none again before all others. It begins somewhere, so that
/// processes that run side by side seldom look at the same port; where they do, one claims it and the other goes on.
/// </summary>
/// <param name="first">The first port of the range.</param>
/// <param name="end">The first port beyond it.</param>
public sealed class PortSeries(int first, int end)
{
    private readonly Lock _lock = new();

    // By port; open as long as this process lives.
    private readonly Dictionary<int, Socket> _claims = [];
    private int _next = Random.Shared.Next(first, end);

    /// <exception cref="InvalidOperationException">Every port of the range is in use or claimed by others.</exception>
    public int Next()
    {
        lock (_lock)
        {
            for (var tried = first; tried < end; tried++)
            {
                var port = _next++;
                if (_next == end) _next = first;
                if (TryClaim(port)) return port;
            }
        }

        throw new InvalidOperationException(
            $"None of the ports {first} to {end - 1} of 127.0.0.1 is free and not claimed by other tests.");
    }

    private bool TryClaim(int port)
    {
        var claim = _claims.GetValueOrDefault(port)
            ?? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            if (OperatingSystem.IsLinux() && !claim.IsBound) claim.Bind(ClaimOf(port));
            TryOut(port);
            _claims[port] = claim;
            return true;
        }
        catch (SocketException)
        {
            // Claimed by others, in use, or not for this user: either way not free.
            if (!_claims.ContainsKey(port)) claim.Dispose();
            return false;
        }
    }

    /// <summary>
    /// A name that one process has at a time, until it ends in whatever way. It is in no file system, and the same
    /// processes share these names that share the ports.
    /// </summary>
    private static UnixDomainSocketEndPoint ClaimOf(int port) =>
        new(string.Create(CultureInfo.InvariantCulture, $"\0holdfast-tests-port-{port}"));

    private static void TryOut(int port)
    {
        using var tcp = new TcpListener(IPAddress.Loopback, port);
        using var udp = new UdpClient(new IPEndPoint(IPAddress.Loopback, port));
        tcp.Start();
    }
}
