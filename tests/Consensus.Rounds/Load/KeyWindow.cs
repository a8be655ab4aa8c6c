namespace Holdfast.Consensus.Rounds.Load;

/// <summary>
/// The keys that clients use now: a few, so that they meet, and each for a bounded number of calls, so that the search
/// for an order of its calls is bounded too.
/// </summary>
internal sealed class KeyWindow(int open, int callsMax)
{
    private readonly Lock _gate = new();
    private readonly int[] _keys = [.. Enumerable.Range(0, open)];
    private readonly int[] _calls = new int[open];

    /// <summary>So many keys were used.</summary>
    public int Count { get; private set; } = open;

    public int Next(Random random)
    {
        lock (_gate)
        {
            var place = random.Next(_keys.Length);
            if (++_calls[place] > callsMax) (_keys[place], _calls[place]) = (Count++, 1);
            return _keys[place];
        }
    }
}
