using System.Buffers.Binary;
using System.Net.Sockets;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>What a connection between voters needs of the kernel.</summary>
internal static class SocketTuning
{
    private const int TcpLevel = 6;
    private const int TcpUserTimeout = 18;
    private const int UnacknowledgedMillisecondsMax = 5000;

    public static void Apply(Socket socket)
    {
        socket.NoDelay = true;
        if (!OperatingSystem.IsLinux()) return;

        // Behind a link that swallows packets the kernel would go on repeating with growing pauses, for minutes. A
        // connection that nobody acknowledges is given up, and a new one is tried every two seconds.
        Span<byte> timeout = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(timeout, UnacknowledgedMillisecondsMax);
        socket.SetRawSocketOption(TcpLevel, TcpUserTimeout, timeout);
    }
}
