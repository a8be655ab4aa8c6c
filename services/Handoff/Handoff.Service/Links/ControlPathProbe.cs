using System.Net.Sockets;
using Holdfast.Handoff.Wire;

namespace Holdfast.Handoff.Service.Links;

/// <summary>Asks who serves a control path, by the Hello with which every session begins.</summary>
internal static class ControlPathProbe
{
    private const int HelloBytesMax = 4_096;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>The greeting of a process that serves; null where none does in time.</summary>
    public static async Task<HandoffMessage.Hello?> AskAsync(string path, CancellationToken stopping)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        deadline.CancelAfter(Patience);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), deadline.Token);
            var buffer = new byte[HelloBytesMax];
            for (var filled = 0; filled < buffer.Length;)
            {
                var read = await socket.ReceiveAsync(buffer.AsMemory(filled), deadline.Token);
                if (read == 0) return null;
                filled += read;
                var status = HandoffCodec.TryRead(buffer.AsSpan(0, filled), out var frame, out _);
                if (status != FrameStatus.NeedMoreBytes)
                    return frame.Message as HandoffMessage.Hello;
            }

            return null;
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException)
        {
            return null;
        }
    }
}
