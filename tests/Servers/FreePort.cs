using System.Net;
using System.Net.Sockets;

namespace Holdfast.Servers;

/// <summary>Ports that nobody listens on just now, none given twice by this process.</summary>
public static class FreePort
{
    private static readonly HashSet<int> Given = [];

    /// <summary>A free TCP port on loopback.</summary>
    public static int Next()
    {
        while (true)
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            var port = ((IPEndPoint)listener.LocalEndpoint).Port;
            lock (Given)
            {
                if (Given.Add(port)) return port;
            }
        }
    }
}
