using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Holdfast.Benchmarks.Failover;

/// <summary>
/// One connection to a Redis or a Sentinel that is asked by lines, and nothing between it and the wire.
/// </summary>
internal sealed class RedisLine : IDisposable
{
    private const int AnswerBytesMax = 64 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _answer = new byte[AnswerBytesMax];

    private RedisLine() => _socket.ReceiveTimeout = (int)Patience.TotalMilliseconds;

    /// <summary>Null while nobody listens.</summary>
    public static RedisLine? TryOpen(int port)
    {
        var line = new RedisLine();
        try
        {
            line._socket.Connect(IPAddress.Loopback, port);
            return line;
        }
        catch (SocketException)
        {
            line.Dispose();
            return null;
        }
    }

    /// <summary>
    /// The answer, of which one packet is enough for what is asked here; empty where the connection was closed, as
    /// Sentinel does with a promoted replica's clients.
    /// </summary>
    public string Ask(string command)
    {
        try
        {
            _socket.Send(Encoding.ASCII.GetBytes(command + "\r\n"));
            return Encoding.ASCII.GetString(_answer, 0, _socket.Receive(_answer));
        }
        catch (SocketException)
        {
            return "";
        }
    }

    public void Dispose() => _socket.Dispose();
}
