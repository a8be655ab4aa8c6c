namespace Holdfast.Gossip.Protocol;

/// <summary>
/// Takes each sequence number once, also out of order within the last <see cref="Span"/> numbers (RFC 4303, 3.4.3); an
/// older number is refused whether it came before or not.
/// </summary>
public sealed class ReplayWindow
{
    public const int Span = 64;

    private ulong _highest;

    // Bit i: the number _highest - i was taken.
    private ulong _taken;

    public bool CanTake(ulong sequence) => _taken == 0 || sequence > _highest ||
        (_highest - sequence < Span && (_taken & (1UL << (int)(_highest - sequence))) == 0);

    public bool TryTake(ulong sequence)
    {
        if (!CanTake(sequence)) return false;
        if (sequence > _highest || _taken == 0)
        {
            var ahead = sequence - _highest;
            _taken = _taken == 0 || ahead >= Span ? 1 : (_taken << (int)ahead) | 1;
            _highest = sequence;
            return true;
        }

        _taken |= 1UL << (int)(_highest - sequence);
        return true;
    }
}
