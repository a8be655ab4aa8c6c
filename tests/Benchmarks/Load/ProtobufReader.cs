namespace Holdfast.Benchmarks.Load;

/// <summary>Finds single fields in a message of Protobuf.</summary>
internal static class ProtobufReader
{
    /// <summary>The first field of that number that has a length; empty when there is none.</summary>
    public static ReadOnlySpan<byte> Field(ReadOnlySpan<byte> message, int number)
    {
        while (!message.IsEmpty)
        {
            var (field, _, content) = Next(message, out var length);
            if (field == number && !content.Equals(0..0)) return message[content];
            message = message[length..];
        }

        return [];
    }

    /// <summary>The first field of that number that is a number; zero when there is none.</summary>
    public static ulong Number(ReadOnlySpan<byte> message, int number)
    {
        while (!message.IsEmpty)
        {
            var (field, value, _) = Next(message, out var length);
            if (field == number) return value;
            message = message[length..];
        }

        return 0;
    }

    private static (int Field, ulong Value, Range Content) Next(ReadOnlySpan<byte> message, out int length)
    {
        var rest = message;
        var key = VarInt(ref rest);
        var value = VarInt(ref rest);
        length = message.Length - rest.Length;
        switch (key & 7)
        {
            case 0:
                return ((int)(key >> 3), value, 0..0);
            case 2:
                length += (int)value;
                return ((int)(key >> 3), 0, (length - (int)value)..length);
            default:
                throw new MeasurementFailedException($"A field of wire type {key & 7} was not expected.");
        }
    }

    private static ulong VarInt(ref ReadOnlySpan<byte> message)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var next = message[0];
            message = message[1..];
            value |= (ulong)(next & 127) << shift;
            if (next < 128) return value;
        }
    }
}
