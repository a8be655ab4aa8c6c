using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Holdfast.Consensus.Protocol;
using Holdfast.Consensus.Protocol.Raft;
using Table = System.Collections.Generic.Dictionary<byte[], byte[]?>;

namespace Holdfast.KeyValue;

/// <summary>
/// The table that the log drives. While a snapshot is written from it, it does not change: what is put meanwhile goes
/// into a second table that is looked at first, and is merged when the snapshot is written.
/// </summary>
internal sealed class KeyValueMachine : IStateMachine
{
    private readonly Lock _gate = new();
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

    public object? Apply(LogIndex index, Term term, ReadOnlySpan<byte> command)
    {
        // What is no command was refused before it was proposed; an entry is never an error here.
        if (!StoreFrames.TryReadCommand(command, out var action, out var key, out var value)) return null;
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
            var table = _table;
            return to => Write(table, to);
        }
    }

    public void Restore(ReadOnlySpan<byte> snapshot)
    {
        var table = new Table(KeyComparer.Instance);
        while (!snapshot.IsEmpty)
        {
            var keyBytes = BinaryPrimitives.ReadInt32LittleEndian(snapshot);
            var valueBytes = BinaryPrimitives.ReadInt32LittleEndian(snapshot[4..]);
            table.Add(snapshot.Slice(8, keyBytes).ToArray(), snapshot.Slice(8 + keyBytes, valueBytes).ToArray());
            snapshot = snapshot[(8 + keyBytes + valueBytes)..];
        }

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

    private void Write(Table table, IBufferWriter<byte> to)
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
