using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Holdfast.Consensus.Protocol;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Protocol.Requests;
using Table = System.Collections.Generic.Dictionary<byte[], byte[]?>;

namespace Holdfast.KeyValue;

/// <summary>
/// The table that the log drives. While a snapshot is written from it, it does not change: what is put meanwhile goes
/// into a second table that is looked at first, and is merged when the snapshot is written.
/// <para>
/// Requests that are marked are done once: what was answered to them is in the state, and in its snapshots, too.
/// </para>
/// </summary>
internal sealed class KeyValueMachine : IStateMachine
{
    // Stands before the requests at the end of a snapshot, where the length of a key would be.
    private const int RequestsFollow = -1;

    private static readonly RequestLimits Limits = new()
    {
        AnswersPerClientMax = 64,
        BytesMax = 16 * 1024 * 1024,
        ClientsMax = 4096,
    };

    private readonly Lock _gate = new();
    private RequestWindows _requests = RequestWindows.Empty(Limits);
    private Table _table = new(KeyComparer.Instance);

    // Null while no snapshot is written. A key without value was removed.
    private Table? _since;
    private bool _isWritten;

    public int Count
    {
        get
        {
            lock (_gate) return _table.Count;
        }
    }

    /// <returns>
    /// The place of the first one for a marked request, or why it is not done; null stands for the entry's own place.
    /// </returns>
    public object? Apply(LogIndex index, Term term, ReadOnlySpan<byte> command)
    {
        var isMarked = StoreFrames.TryTakeMark(ref command, out var client, out var number);

        // What is no command was refused before it was proposed; an entry is never an error here.
        if (!StoreFrames.TryReadCommand(command, out var action, out var key, out var value)) return null;
        if (isMarked)
        {
            var digest = Crc32C.Of(command);
            switch (_requests.Judge(client, number, digest))
            {
                case RequestVerdict.Answered { Answer: var first }:
                    return BinaryPrimitives.ReadUInt64LittleEndian(first.Span);
                case RequestVerdict.Forgotten: return StoreStatus.Forgotten;
                case RequestVerdict.Reused: return StoreStatus.BadRequest;
                case RequestVerdict.UnknownClient: return StoreStatus.UnknownClient;
            }

            _requests = _requests.Remember(client, number, digest, index, BitConverter.GetBytes(index.Value));
        }
        else if (action == StoreAction.Enrol)
        {
            _requests = _requests.Open(index.Value, index);
        }

        lock (_gate)
        {
            if (_isWritten) MergeLocked();
            if (action == StoreAction.Put) PutLocked(_since ?? _table, key, value);
            else if (action == StoreAction.Remove) RemoveLocked(key);
        }

        return null;
    }

    /// <summary>
    /// What is applied here. Linearizable when leadership was confirmed after the question came in.
    /// </summary>
    public bool TryGet(ReadOnlySpan<byte> key, [NotNullWhen(true)] out byte[]? value)
    {
        lock (_gate)
        {
            if (_since is not null && LookUp(_since).TryGetValue(key, out value)) return value is not null;
            return LookUp(_table).TryGetValue(key, out value) && value is not null;
        }
    }

    public Action<IBufferWriter<byte>> Capture()
    {
        lock (_gate)
        {
            if (_since is not null) MergeLocked();
            _since = new Table(KeyComparer.Instance);
            var (table, requests) = (_table, _requests);
            return to => Write(table, requests, to);
        }
    }

    public void Restore(ReadOnlySpan<byte> snapshot)
    {
        var table = new Table(KeyComparer.Instance);
        var requests = RequestWindows.Empty(Limits);
        while (!snapshot.IsEmpty)
        {
            var keyBytes = BinaryPrimitives.ReadInt32LittleEndian(snapshot);
            if (keyBytes == RequestsFollow)
            {
                requests = RequestWindows.Read(snapshot[sizeof(int)..], Limits);
                break;
            }

            var valueBytes = BinaryPrimitives.ReadInt32LittleEndian(snapshot[4..]);
            table.Add(snapshot.Slice(8, keyBytes).ToArray(), snapshot.Slice(8 + keyBytes, valueBytes).ToArray());
            snapshot = snapshot[(8 + keyBytes + valueBytes)..];
        }

        _requests = requests;
        lock (_gate) (_table, _since, _isWritten) = (table, null, false);
    }

    private static Table.AlternateLookup<ReadOnlySpan<byte>> LookUp(Table table) =>
        table.GetAlternateLookup<ReadOnlySpan<byte>>();

    /// <summary>Values are never changed in place, since whoever reads holds them without the lock.</summary>
    private static void PutLocked(Table table, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) =>
        LookUp(table)[key] = value.ToArray();

    private void RemoveLocked(ReadOnlySpan<byte> key)
    {
        if (_since is null) LookUp(_table).Remove(key);
        else LookUp(_since)[key] = null;
    }

    private void MergeLocked()
    {
        foreach (var (key, value) in _since!)
        {
            if (value is null) _table.Remove(key);
            else _table[key] = value;
        }

        (_since, _isWritten) = (null, false);
    }

    private void Write(Table table, RequestWindows requests, IBufferWriter<byte> to)
    {
        foreach (var (key, value) in table)
        {
            var record = to.GetSpan(8 + key.Length + value!.Length);
            BinaryPrimitives.WriteInt32LittleEndian(record, key.Length);
            BinaryPrimitives.WriteInt32LittleEndian(record[4..], value.Length);
            key.CopyTo(record[8..]);
            value.CopyTo(record[(8 + key.Length)..]);
            to.Advance(8 + key.Length + value.Length);
        }

        if (requests.Clients > 0)
        {
            BinaryPrimitives.WriteInt32LittleEndian(to.GetSpan(sizeof(int)), RequestsFollow);
            to.Advance(sizeof(int));
            requests.WriteTo(to);
        }

        lock (_gate) _isWritten = table == _table && _since is not null;
    }

    /// <summary>Looks keys up without making arrays of them.</summary>
    private sealed class KeyComparer
        : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static readonly KeyComparer Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            // Salted per process, so that nobody can choose keys that meet in one place.
            var hash = default(HashCode);
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }
    }
}
