using System.Buffers.Binary;
using System.Text;

namespace Holdfast.Benchmarks.Load;

/// <summary>
/// gRPC on HTTP/2 (RFC 9113) as far as unary calls to etcd need it. Headers are sent from the dynamic table (RFC 7541)
/// after the first call, as every gRPC client does. Headers that come back are not decoded: a call that succeeded has
/// a message before its trailers, one that failed has none.
/// </summary>
internal sealed class EtcdWire(string authority) : IStoreWire
{
    public const string PutPath = "/etcdserverpb.KV/Put";
    public const string RangePath = "/etcdserverpb.KV/Range";
    public const string StatusPath = "/etcdserverpb.Maintenance/Status";

    private const int FrameHeaderBytes = 9;
    private const int MessageHeaderBytes = 5;
    private const int WindowAtFirst = 65_535;

    private readonly Dictionary<uint, (int Client, byte[]? Message, string Path)> _calls = [];
    private string? _indexedPath;
    private uint _nextStream = 1;
    private long _window = WindowAtFirst;

    public void Open(OutBuffer to)
    {
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.CopyTo(to.Grow(24));
        WriteFrame(to, 0, FrameType.Settings, 0, 0);
        BinaryPrimitives.WriteUInt32BigEndian(
            WriteFrame(to, 4, FrameType.WindowUpdate, 0, 0), int.MaxValue - WindowAtFirst);
    }

    public bool TryPut(OutBuffer to, int client, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var length = FieldBytes(key) + FieldBytes(value);
        if (!TryBegin(to, client, PutPath, length, out var message)) return false;
        WriteField(message, 1, key);
        WriteField(message[FieldBytes(key)..], 2, value);
        return true;
    }

    public bool TryGet(OutBuffer to, int client, ReadOnlySpan<byte> key)
    {
        if (!TryBegin(to, client, RangePath, FieldBytes(key), out var message)) return false;
        WriteField(message, 1, key);
        return true;
    }

    /// <summary>Asks a member who it is and who leads; the answer's value is the response message.</summary>
    public bool TryStatus(OutBuffer to, int client) => TryBegin(to, client, StatusPath, 0, out _);

    public int Take(ReadOnlySpan<byte> received, OutBuffer to, List<StoreAnswer> answers)
    {
        var taken = 0;
        while (received.Length - taken >= FrameHeaderBytes)
        {
            var frame = received[taken..];
            var length = (frame[0] << 16) | (frame[1] << 8) | frame[2];
            if (frame.Length < FrameHeaderBytes + length) break;
            var stream = BinaryPrimitives.ReadUInt32BigEndian(frame[5..]) & int.MaxValue;
            var payload = frame.Slice(FrameHeaderBytes, length);
            TakeFrame((FrameType)frame[3], frame[4], stream, payload, to, answers);
            taken += FrameHeaderBytes + length;
        }

        return taken;
    }

    private void TakeFrame(
        FrameType type, byte flags, uint stream, ReadOnlySpan<byte> payload, OutBuffer to, List<StoreAnswer> answers)
    {
        const byte acknowledged = 1;
        const byte endsStream = 1;
        switch (type)
        {
            case FrameType.Data:
                if (_calls.TryGetValue(stream, out var call) && payload.Length >= MessageHeaderBytes)
                    _calls[stream] = call with { Message = MessageOf(call.Path, payload[MessageHeaderBytes..]) };
                break;
            case FrameType.Settings when (flags & acknowledged) == 0:
                WriteFrame(to, 0, FrameType.Settings, acknowledged, 0);
                break;
            case FrameType.Ping when (flags & acknowledged) == 0:
                payload.CopyTo(WriteFrame(to, payload.Length, FrameType.Ping, acknowledged, 0));
                break;
            case FrameType.WindowUpdate when stream == 0:
                _window += BinaryPrimitives.ReadUInt32BigEndian(payload);
                break;
            case FrameType.Reset:
                End(stream, isWhole: false, answers);
                break;
            case FrameType.GoAway:
                throw new MeasurementFailedException("etcd closed the connection.");
            default:
                break;
        }

        if (type is FrameType.Headers or FrameType.Data && (flags & endsStream) != 0) End(stream, true, answers);
    }

    /// <summary>The answer to a put says nothing that is looked at here; what was read is kept.</summary>
    private static byte[] MessageOf(string path, ReadOnlySpan<byte> message) =>
        path == PutPath ? [] : message.ToArray();

    private void End(uint stream, bool isWhole, List<StoreAnswer> answers)
    {
        if (!_calls.Remove(stream, out var call)) return;
        var value = call is { Path: RangePath, Message: { } range } ? ValueIn(range) : call.Message;
        answers.Add(new StoreAnswer(call.Client, isWhole && call.Message is not null, value));
    }

    private bool TryBegin(OutBuffer to, int client, string path, int messageBytes, out Span<byte> message)
    {
        const byte endsHeaders = 4;
        const byte endsStream = 1;
        message = default;
        var dataBytes = MessageHeaderBytes + messageBytes;
        if (_window < dataBytes) return false;
        _window -= dataBytes;
        var stream = _nextStream;
        _nextStream += 2;
        _calls.Add(stream, (client, null, path));
        var headers = HeadersOf(path);
        headers.CopyTo(WriteFrame(to, headers.Length, FrameType.Headers, endsHeaders, stream));
        var data = WriteFrame(to, dataBytes, FrameType.Data, endsStream, stream);
        data[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(data[1..], messageBytes);
        message = data[MessageHeaderBytes..];
        return true;
    }

    /// <summary>
    /// The first call puts path, authority, content-type and te into the server's table; then they are 65 to 62.
    /// </summary>
    private byte[] HeadersOf(string path)
    {
        if (path == _indexedPath) return [0x83, 0x86, 0xc1, 0xc0, 0xbf, 0xbe];
        if (_indexedPath is not null) return [0x83, 0x86, 0x04, .. Text(path), 0xc0, 0xbf, 0xbe];
        _indexedPath = path;
        return
        [
            0x83, 0x86, 0x44, .. Text(path), 0x41, .. Text(authority), 0x5f, .. Text("application/grpc"),
            0x40, .. Text("te"), .. Text("trailers"),
        ];
    }

    private static byte[] Text(string text) => [(byte)text.Length, .. Encoding.ASCII.GetBytes(text)];

    private static Span<byte> WriteFrame(OutBuffer to, int length, FrameType type, byte flags, uint stream)
    {
        var frame = to.Grow(FrameHeaderBytes + length);
        (frame[0], frame[1], frame[2]) = ((byte)(length >> 16), (byte)(length >> 8), (byte)length);
        (frame[3], frame[4]) = ((byte)type, flags);
        BinaryPrimitives.WriteUInt32BigEndian(frame[5..], stream);
        return frame[FrameHeaderBytes..];
    }

    private static byte[]? ValueIn(byte[] rangeResponse)
    {
        var found = ProtobufReader.Field(rangeResponse, 2);
        return found.IsEmpty ? null : ProtobufReader.Field(found, 5).ToArray();
    }

    private static int FieldBytes(ReadOnlySpan<byte> value) => 1 + (value.Length < 128 ? 1 : 2) + value.Length;

    private static void WriteField(Span<byte> to, int field, ReadOnlySpan<byte> value)
    {
        to[0] = (byte)((field << 3) | 2);
        var at = 1;
        if (value.Length >= 128) to[at++] = (byte)((value.Length & 127) | 128);
        to[at++] = (byte)(value.Length < 128 ? value.Length : value.Length >> 7);
        value.CopyTo(to[at..]);
    }

    private enum FrameType : byte
    {
        Data = 0,
        Headers = 1,
        Reset = 3,
        Settings = 4,
        Ping = 6,
        GoAway = 7,
        WindowUpdate = 8,
    }
}
