using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Holdfast.Benchmarks.Load;

/// <summary>
/// What the clients of one system wrote: each owns some keys and writes them in turn, each value with a number that
/// grows. For each key it is known which value was acknowledged last, and which was sent last.
/// </summary>
internal sealed class KeyLedger
{
    public const int ValueBytes = 256;
    private const int KeysPerClient = 16;

    private readonly byte[][] _keys;
    private readonly long[] _sent;
    private readonly long[] _acknowledged;
    private readonly long[] _number;

    public KeyLedger(int clients)
    {
        _keys = new byte[clients * KeysPerClient][];
        for (var i = 0; i < _keys.Length; i++)
            _keys[i] = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"of-{clients}/{i:d6}"));
        _sent = new long[_keys.Length];
        _acknowledged = new long[_keys.Length];
        _number = new long[clients];
    }

    public int Keys => _keys.Length;

    public ReadOnlySpan<byte> KeyOf(int key) => _keys[key];

    public ReadOnlySpan<byte> NextKey(int client) => _keys[PlaceOf(client, _number[client] + 1)];

    /// <summary>Writes the client's next value; the rest of the bytes stays what it is.</summary>
    public void NextValue(int client, Span<byte> value) =>
        BinaryPrimitives.WriteInt64LittleEndian(value, _number[client] + 1);

    public void Sent(int client)
    {
        var number = ++_number[client];
        _sent[PlaceOf(client, number)] = number;
    }

    public void Acknowledged(int client) => _acknowledged[PlaceOf(client, _number[client])] = _number[client];

    public bool WasAcknowledged(int key) => _acknowledged[key] > 0;

    /// <summary>Null when the value is one that the history allows; else what is wrong.</summary>
    public string? Check(int key, byte[]? value)
    {
        var number = value is { Length: ValueBytes } ? BinaryPrimitives.ReadInt64LittleEndian(value) : 0;
        return number >= _acknowledged[key] && number <= _sent[key]
            ? null
            : $"Key {key} holds value {number}, but {_acknowledged[key]} was acknowledged and {_sent[key]} sent last.";
    }

    private static int PlaceOf(int client, long number) =>
        (client * KeysPerClient) + (int)(number % KeysPerClient);
}
