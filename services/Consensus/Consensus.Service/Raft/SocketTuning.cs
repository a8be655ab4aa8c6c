using System.Buffers.Binary;
using System.Net.Sockets;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>What a connection between voters needs of the kernel.</summary>
internal static class SocketTuning
{
    private const int TcpLevel = 6;
    private const int TcpUserTimeout = 18;
    private const int UnacknowledgedMillisecondsMax = 5000;
    private const int IdleSeconds = 5;
    private const int ProbeSeconds = 1;
    private const int ProbesMax = 5;

    public static void Apply(Socket socket)
    {
        socket.NoDelay = true;

        // Who only reads has nothing that could stay unacknowledged: after a silence the kernel asks whether the other
        // machine is still there, else one that lost power would keep a thread and a socket here for ever.
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, IdleSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, ProbeSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, ProbesMax);
        if (!OperatingSystem.IsLinux()) return;

        // Behind a link that swallows packets the kernel would go on repeating with growing pauses, for minutes. A
        // connection that nobody acknowledges is given up, and a new one is tried every two seconds.
        Span<byte> timeout = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(timeout, UnacknowledgedMillisecondsMax);
        socket.SetRawSocketOption(TcpLevel, TcpUserTimeout, timeout);
    }
}
