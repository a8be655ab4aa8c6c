using Holdfast.Primitives;

namespace Holdfast.Simulation;

/// <summary>How bad a network is.</summary>
public sealed record NetworkOptions
{
    public TimeSpan DelayMax { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>Chance of a message to be lost.</summary>
    public double Loss { get; init; }

    /// <summary>Chance of a message to come twice.</summary>
    public double Duplication { get; init; }

    /// <summary>Chance of a message to be held up for up to <see cref="StragglingMax"/>, into another world.</summary>
    public double Straggling { get; init; }

    public TimeSpan StragglingMax { get; init; } = TimeSpan.FromSeconds(2);
}

/// <summary>
/// A network that delays, loses, repeats and reorders messages, and that is cut: in one direction, in both, into sides,
/// or again and again. A message that is under way when a cut comes still arrives; that is what late messages are.
/// </summary>
public sealed class SimulatedNetwork<TMessage>(
    Schedule schedule, Chance chance, NetworkOptions options, Action<NodeId, NodeId, TMessage> deliver)
{
    private readonly HashSet<(NodeId From, NodeId To)> _cuts = [];
    private int _healings;

    /// <summary>No loss, no repetition, no stragglers any more; cuts are healed by <see cref="Heal"/>.</summary>
    public bool IsCalm { get; set; }

    public long SentCount { get; private set; }

    public long LostCount { get; private set; }

    public long DeliveredCount { get; private set; }

    public bool IsCut(NodeId from, NodeId to) => _cuts.Contains((from, to));

    public void Send(NodeId from, NodeId to, TMessage message)
    {
        SentCount++;
        if (IsCut(from, to) || (!IsCalm && chance.Happens(options.Loss)))
        {
            LostCount++;
            return;
        }

        Carry(from, to, message);
        if (!IsCalm && chance.Happens(options.Duplication)) Carry(from, to, message);
    }

    /// <summary>
    /// Nothing that <paramref name="from"/> sends reaches <paramref name="to"/>; the other way is open.
    /// </summary>
    public void CutOneWay(NodeId from, NodeId to) => _cuts.Add((from, to));

    public void Cut(NodeId one, NodeId other)
    {
        _cuts.Add((one, other));
        _cuts.Add((other, one));
    }

    /// <summary>Two sides that hear nothing of each other.</summary>
    public void Partition(IReadOnlyCollection<NodeId> side, IEnumerable<NodeId> others)
    {
        foreach (var other in others.Except(side))
            foreach (var one in side)
                Cut(one, other);
    }

    /// <summary>A link that comes and goes until everything heals.</summary>
    public void FlipFlop(NodeId from, NodeId to, TimeSpan period)
    {
        var healings = _healings;
        schedule.Repeat(() => chance.UpTo(2 * period), () =>
        {
            if (healings != _healings) return false;
            if (!_cuts.Remove((from, to))) _cuts.Add((from, to));
            return true;
        });
    }

    public void Heal()
    {
        _healings++;
        _cuts.Clear();
    }

    private void Carry(NodeId from, NodeId to, TMessage message)
    {
        var delay = !IsCalm && chance.Happens(options.Straggling)
            ? chance.UpTo(options.StragglingMax)
            : chance.UpTo(options.DelayMax);
        schedule.After(delay, () =>
        {
            DeliveredCount++;
            deliver(from, to, message);
        });
    }
}
