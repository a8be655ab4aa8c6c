using System.Buffers;
using System.Buffers.Binary;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Protocol.Requests;
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

/// <summary>Which request of which client it is; 0 and 0 where the client asks once only.</summary>
internal readonly record struct KeyMark(byte Client, ulong Number);

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

/// <summary>
/// Numbers by key, as the log leads to them; the state machine that clients see. Adding is not the same twice, so a
/// repeated request shows where it is carried out again.
/// </summary>
/// <param name="marks">Clients mark their requests, and repeat them.</param>
/// <param name="losesRequests">The mistake of snapshots without the answers of marked requests.</param>
internal sealed class KeyValues(bool marks, bool losesRequests)
{
    private const int CommandBytes = 14;
    private const int MarkedBytes = CommandBytes + 1 + sizeof(ulong);
    private const int KeysMax = 4;
    private const int ValuesBytes = KeysMax * sizeof(int);

    private static readonly RequestLimits Limits = new()
    {
        AnswersPerClientMax = 4,
        BytesMax = 10_000,
        ClientsMax = 16,
    };

    private readonly int[] _values = new int[KeysMax];
    private RequestWindows _requests = RequestWindows.Empty(Limits);

    /// <summary>Requests that came again and were not carried out again.</summary>
    public int Repeats { get; private set; }

    public int this[byte key] => _values[key];

    public static byte KeyOf(Random random) => (byte)random.Next(KeysMax);

    /// <summary>A command: a number that makes it unique, and perhaps what a client asks, and its mark.</summary>
    public static ReadOnlyMemory<byte> Command(ulong number, KeyCall call, KeyMark mark)
    {
        var bytes = new byte[mark.Number > 0 ? MarkedBytes : CommandBytes];
        if (mark.Number > 0)
        {
            bytes[CommandBytes] = mark.Client;
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(CommandBytes + 1), mark.Number);
        }

        BinaryPrimitives.WriteUInt64LittleEndian(bytes, number);
        (bytes[8], bytes[9]) = ((byte)call.Act, call.Key);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(10), call.Value);
        return bytes;
    }

    /// <returns>The answer for whoever asked; null where nothing can be told.</returns>
    public int? Apply(LogEntry entry)
    {
        var bytes = entry.Command.Span;
        if (entry.Kind != EntryKind.Command || bytes.Length < CommandBytes || bytes[8] == 0) return 0;
        if (bytes.Length == MarkedBytes) return ApplyOnce(entry.Index, bytes);
        return ApplyAgain(bytes);
    }

    public byte[] ToBytes()
    {
        var bytes = new ArrayBufferWriter<byte>();
        var values = bytes.GetSpan(ValuesBytes);
        for (var i = 0; i < KeysMax; i++) BinaryPrimitives.WriteInt32LittleEndian(values[(i * 4)..], _values[i]);
        bytes.Advance(ValuesBytes);
        if (!marks) return bytes.WrittenSpan.ToArray();
        var requests = new ArrayBufferWriter<byte>();
        (losesRequests ? RequestWindows.Empty(Limits) : _requests).WriteTo(requests);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.GetSpan(sizeof(int)), requests.WrittenCount);
        bytes.Advance(sizeof(int));
        bytes.Write(requests.WrittenSpan);
        return bytes.WrittenSpan.ToArray();
    }

    public void Restore(ReadOnlySpan<byte> bytes)
    {
        for (var i = 0; i < KeysMax; i++) _values[i] = BinaryPrimitives.ReadInt32LittleEndian(bytes[(i * 4)..]);
        if (!marks) return;
        var requests = bytes[(ValuesBytes + sizeof(int))..];
        _requests = RequestWindows.Read(
            requests[..BinaryPrimitives.ReadInt32LittleEndian(bytes[ValuesBytes..])], Limits);
    }

    public void Clear()
    {
        Array.Clear(_values);
        _requests = RequestWindows.Empty(Limits);
    }

    private int? ApplyOnce(LogIndex at, ReadOnlySpan<byte> bytes)
    {
        var client = bytes[CommandBytes];
        var number = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(CommandBytes + 1)..]);
        var digest = Crc32C.Of(bytes[8..CommandBytes]);
        _requests = _requests.Open(client, at);
        switch (_requests.Judge(client, number, digest))
        {
            case RequestVerdict.New:
                var answer = ApplyAgain(bytes);
                _requests = _requests.Remember(client, number, digest, at, BitConverter.GetBytes(answer));
                return answer;
            case RequestVerdict.Answered { Answer: var first }:
                Repeats++;
                return BitConverter.ToInt32(first.Span);
            default:
                return null;
        }
    }

    private int ApplyAgain(ReadOnlySpan<byte> bytes)
    {
        var call = new KeyCall((KeyAct)bytes[8], bytes[9], BinaryPrimitives.ReadInt32LittleEndian(bytes[10..]));
        (_values[call.Key], var answer) = new KeyModel().Apply(_values[call.Key], call);
        return answer;
    }
}
