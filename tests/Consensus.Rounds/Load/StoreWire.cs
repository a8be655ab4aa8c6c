using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Holdfast.KeyValue;

namespace Holdfast.Consensus.Rounds.Load;

/// <summary>One connection to a voter of the store, one request at a time.</summary>
internal sealed class StoreWire : IDisposable
{
    private readonly Socket _socket;
    private uint _tag;

    private StoreWire(Socket socket) => _socket = socket;

    public static async Task<StoreWire> ConnectAsync(IPEndPoint voter, CancellationToken cancel)
    {
        var socket = new Socket(voter.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(voter, cancel);
            return new StoreWire(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <exception cref="SocketException">The connection ended: what was asked may be done, later even.</exception>
    public async Task<(StoreStatus Status, string Payload)> AskAsync(
        StoreAction action, string key, string value, CancellationToken cancel)
    {
        var frame = new byte[StoreFrames.RequestHeaderBytes + key.Length + value.Length];
        StoreFrames.WriteRequest(frame, ++_tag, action, Encoding.ASCII.GetBytes(key), Encoding.ASCII.GetBytes(value));
        for (var sent = 0; sent < frame.Length;)
            sent += await _socket.SendAsync(frame.AsMemory(sent), SocketFlags.None, cancel);
        var header = await ReceiveAsync(StoreFrames.AnswerHeaderBytes, cancel);
        var payload = await ReceiveAsync(
            BinaryPrimitives.ReadInt32LittleEndian(header) + StoreFrames.LengthBytes - header.Length, cancel);
        return ((StoreStatus)header[8], Encoding.ASCII.GetString(payload));
    }

    public void Dispose() => _socket.Dispose();

    private async Task<byte[]> ReceiveAsync(int count, CancellationToken cancel)
    {
        var bytes = new byte[count];
        for (var read = 0; read < count;)
        {
            var more = await _socket.ReceiveAsync(bytes.AsMemory(read), SocketFlags.None, cancel);
            if (more == 0) throw new SocketException((int)SocketError.ConnectionReset);
            read += more;
        }

        return bytes;
    }
}
