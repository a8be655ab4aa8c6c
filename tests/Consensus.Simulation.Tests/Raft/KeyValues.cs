using System.Buffers.Binary;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Simulation.Histories;

namespace Holdfast.Consensus.Simulation.Tests.Raft;

internal enum KeyAct : byte
{
    None,
    Get,
    Put,
    Add,
}

/// <summary>What a client asks of one key.</summary>
internal readonly record struct KeyCall(KeyAct Act, byte Key, int Value);

/// <summary>The same as one sequential service: what the checker of linearizability compares with.</summary>
internal sealed class KeyModel : ISequentialModel<int, KeyCall, int>
{
    public int Initial => 0;

    public (int State, int Output) Apply(int state, KeyCall input) => input.Act switch
    {
        KeyAct.Get => (state, state),
        KeyAct.Put => (input.Value, 0),
        _ => (state + input.Value, state + input.Value),
    };
}

/// <summary>Numbers by key, as the log leads to them; the state machine that clients see.</summary>
internal sealed class KeyValues
{
    private const int CommandBytes = 14;
    private const int KeysMax = 4;

    private readonly int[] _values = new int[KeysMax];

    public static int SnapshotBytes => KeysMax * sizeof(int);

    public int this[byte key] => _values[key];

    public static byte KeyOf(Random random) => (byte)random.Next(KeysMax);

    /// <summary>A command: a number that makes it unique, and perhaps what a client asks.</summary>
    public static ReadOnlyMemory<byte> Command(ulong number, KeyCall call)
    {
        var bytes = new byte[CommandBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, number);
        (bytes[8], bytes[9]) = ((byte)call.Act, call.Key);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(10), call.Value);
        return bytes;
    }

    /// <returns>The answer for whoever asked.</returns>
    public int Apply(LogEntry entry)
    {
        var bytes = entry.Command.Span;
        if (entry.Kind != EntryKind.Command || bytes.Length != CommandBytes || bytes[8] == 0) return 0;
        var call = new KeyCall((KeyAct)bytes[8], bytes[9], BinaryPrimitives.ReadInt32LittleEndian(bytes[10..]));
        (_values[call.Key], var answer) = new KeyModel().Apply(_values[call.Key], call);
        return answer;
    }

    public byte[] ToBytes()
    {
        var bytes = new byte[SnapshotBytes];
        for (var i = 0; i < KeysMax; i++) BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(i * 4), _values[i]);
        return bytes;
    }

    public void Restore(ReadOnlySpan<byte> bytes)
    {
        for (var i = 0; i < KeysMax; i++) _values[i] = BinaryPrimitives.ReadInt32LittleEndian(bytes[(i * 4)..]);
    }

    public void Clear() => Array.Clear(_values);
}
