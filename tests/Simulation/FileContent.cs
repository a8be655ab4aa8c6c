namespace Holdfast.Simulation;

/// <summary>
/// The bytes of one file, as the cache has them and as the disk has them, with the writes that tell the two apart.
/// </summary>
internal sealed class FileContent
{
    private readonly Extent _cached = new();
    private readonly Extent _durable = new();

    // In order. A null stands for a new length.
    private readonly List<(int Offset, byte[]? Bytes)> _unflushed = [];

    public ReadOnlySpan<byte> Bytes => _cached.Bytes;

    public void Write(ReadOnlySpan<byte> bytes, int offset)
    {
        if (bytes.IsEmpty) return;
        _cached.Write(bytes, offset);
        _unflushed.Add((offset, bytes.ToArray()));
    }

    public void SetLength(int length)
    {
        _cached.SetLength(length);
        _unflushed.Add((length, null));
    }

    public void Flush()
    {
        foreach (var (offset, bytes) in _unflushed)
        {
            if (bytes is null) _durable.SetLength(offset);
            else _durable.Write(bytes, offset);
        }

        _unflushed.Clear();
    }

    /// <summary>It stays in the cache, and never reaches the disk.</summary>
    public void ForgetUnflushed() => _unflushed.Clear();

    /// <summary>Of what was not flushed each sector had reached the disk or not.</summary>
    public void LosePower(Chance chance)
    {
        foreach (var (offset, bytes) in _unflushed)
        {
            if (bytes is null)
            {
                if (chance.Happens(0.5)) _durable.SetLength(offset);
                continue;
            }

            // Half of the time all or nothing of a write, else any of its sectors.
            var whole = chance.Next(4);
            if (whole == 0) continue;
            for (var from = 0; from < bytes.Length;)
            {
                var count = Math.Min(
                    bytes.Length - from, SimulatedDisk.SectorBytes - ((offset + from) % SimulatedDisk.SectorBytes));
                if (whole == 1 || chance.Happens(0.5)) _durable.Write(bytes.AsSpan(from, count), offset + from);
                from += count;
            }
        }

        _unflushed.Clear();
        _cached.CopyFrom(_durable);
    }

    public void FlipBit(int offset, int bit)
    {
        _cached.FlipBit(offset, bit);
        _durable.FlipBit(offset, bit);
    }

    /// <summary>Bytes that grow; a gap that was never written is zero.</summary>
    private sealed class Extent
    {
        private byte[] _bytes = [];
        private int _length;

        public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

        public void Write(ReadOnlySpan<byte> bytes, int offset)
        {
            if (offset + bytes.Length > _length) SetLength(offset + bytes.Length);
            bytes.CopyTo(_bytes.AsSpan(offset));
        }

        public void SetLength(int length)
        {
            if (length > _bytes.Length) Array.Resize(ref _bytes, Math.Max(length, 2 * _bytes.Length));
            if (length < _length) _bytes.AsSpan(length, _length - length).Clear();
            _length = length;
        }

        public void CopyFrom(Extent other)
        {
            _bytes = other.Bytes.ToArray();
            _length = _bytes.Length;
        }

        public void FlipBit(int offset, int bit)
        {
            if (offset < _length) _bytes[offset] ^= (byte)(1 << bit);
        }
    }
}
