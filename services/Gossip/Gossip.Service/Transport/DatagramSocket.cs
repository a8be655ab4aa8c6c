using System.Net;
using System.Net.Sockets;
using Holdfast.Gossip.Protocol;
using Microsoft.AspNetCore.Connections;

namespace Holdfast.Gossip.Service;

/// <summary>The UDP socket of one agent.</summary>
internal sealed class DatagramSocket : IDisposable
{
    private const int BufferBytes = 65_536;
    private const int KernelBufferBytes = 1024 * 1024;

    private readonly Socket _socket;
    private readonly byte[] _sendBuffer = new byte[BufferBytes];

    /// <exception cref="IOException">The address is taken, or not this machine's; the message says which.</exception>
    public DatagramSocket(IPEndPoint listen)
    {
        _socket = new Socket(listen.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            if (listen.Address.Equals(IPAddress.IPv6Any)) _socket.DualMode = true;
            _socket.ReceiveBufferSize = KernelBufferBytes;
            _socket.Bind(listen);
        }
        catch (SocketException exception)
        {
            _socket.Dispose();
            var message = $"Gossip:Listen is '{listen}' (UDP), which cannot be had: {exception.Message}.";
            throw new IOException(message, new AddressInUseException(message, exception));
        }
    }

    public IPEndPoint LocalEndPoint => (IPEndPoint)_socket.LocalEndPoint!;

    public AddressFamily Family => _socket.AddressFamily;

    /// <summary>
    /// Seals and sends; called by one thread at a time. A datagram that cannot go is a lost datagram.
    /// </summary>
    public void Send(Packet packet, IPEndPoint to, PacketGate gate)
    {
        var length = gate.Close(packet, _sendBuffer);
        try
        {
            _socket.SendTo(_sendBuffer.AsSpan(0, length), SocketFlags.None, to);
            Telemetry.Datagrams.Add(1, PacketGate.Tag.Sent);
            Telemetry.Bytes.Add(length, PacketGate.Tag.Sent);
        }
        catch (SocketException)
        {
            PacketGate.Drop("unsendable");
        }
    }

    /// <summary>Hands over every packet that passes the gate, until cancelled.</summary>
    public async Task ReceiveAsync(PacketGate gate, Action<Packet, PeerAddress> take, CancellationToken cancel)
    {
        var buffer = new byte[BufferBytes];
        var anybody = new IPEndPoint(
            Family == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                var received = await _socket.ReceiveFromAsync(buffer.AsMemory(), SocketFlags.None, anybody, cancel);
                if (gate.Open(buffer.AsSpan(0, received.ReceivedBytes)) is { } packet)
                    take(packet, AddressBook.Told((IPEndPoint)received.RemoteEndPoint));
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (SocketException)
            {
                // Word of a port that nobody listens on, and the like: about a datagram sent, not about this socket.
                PacketGate.Drop("unreceivable");
            }
        }
    }

    public void Dispose() => _socket.Dispose();
}
