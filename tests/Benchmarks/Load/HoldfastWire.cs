using System.Buffers.Binary;

namespace Holdfast.Benchmarks.Load;

/// <summary>The frames of samples/KeyValue; its StoreFrames.cs has the table.</summary>
internal sealed class HoldfastWire : IStoreWire
{
    private const int LengthBytes = 4;
    private const int RequestHeaderBytes = 11;
    private const int AnswerHeaderBytes = 9;

    /// <summary>Whom the last refusal named as leader.</summary>
    public string? LeaderNamed { get; private set; }

    public void Open(OutBuffer to)
    {
        // Nothing comes before the first request.
    }

    public bool TryPut(OutBuffer to, int client, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) =>
        Write(to, 1, client, key, value);

    public bool TryGet(OutBuffer to, int client, ReadOnlySpan<byte> key) => Write(to, 3, client, key, []);

    public int Take(ReadOnlySpan<byte> received, OutBuffer to, List<StoreAnswer> answers)
    {
        var taken = 0;
        while (received.Length - taken >= AnswerHeaderBytes)
        {
            var frame = received[taken..];
            var length = LengthBytes + BinaryPrimitives.ReadInt32LittleEndian(frame);
            if (frame.Length < length) break;
            var client = BinaryPrimitives.ReadInt32LittleEndian(frame[4..]);
            var payload = frame[AnswerHeaderBytes..length];
            if (frame[8] == 2) LeaderNamed = System.Text.Encoding.ASCII.GetString(payload);
            answers.Add(new StoreAnswer(client, frame[8] <= 1, frame[8] == 0 ? ValueOf(payload) : null));
            taken += length;
        }

        return taken;
    }

    /// <summary>A put is answered by eight bytes of its place, which nobody looks at here.</summary>
    private static byte[]? ValueOf(ReadOnlySpan<byte> payload) => payload.Length == 8 ? null : payload.ToArray();

    private static bool Write(
        OutBuffer to, byte action, int client, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var frame = to.Grow(RequestHeaderBytes + key.Length + value.Length);
        BinaryPrimitives.WriteInt32LittleEndian(frame, frame.Length - LengthBytes);
        BinaryPrimitives.WriteInt32LittleEndian(frame[4..], client);
        frame[8] = action;
        BinaryPrimitives.WriteUInt16LittleEndian(frame[9..], (ushort)key.Length);
        key.CopyTo(frame[RequestHeaderBytes..]);
        value.CopyTo(frame[(RequestHeaderBytes + key.Length)..]);
        return true;
    }
}
