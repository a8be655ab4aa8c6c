namespace Holdfast.Simulation;

/// <summary>Does bad things to a world, one after another, each as often as its weight says.</summary>
public sealed class Nemesis(Schedule schedule, Chance chance, TimeSpan pauseMean)
{
    private readonly List<(int Weight, string Name, Action Act)> _acts = [];
    private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);

    /// <summary>Set to end it: the world heals.</summary>
    public bool IsOver { get; set; }

    /// <summary>How often each act was done.</summary>
    public IReadOnlyDictionary<string, int> Counts => _counts;

    public Nemesis Add(int weight, string name, Action act)
    {
        if (weight > 0) _acts.Add((weight, name, act));
        return this;
    }

    public void Start() => schedule.Repeat(() => chance.UpTo(2 * pauseMean), () =>
    {
        if (IsOver) return false;
        Act();
        return true;
    });

    private void Act()
    {
        var drawn = chance.Next(_acts.Sum(static act => act.Weight));
        foreach (var (weight, name, act) in _acts)
        {
            drawn -= weight;
            if (drawn >= 0) continue;
            _counts[name] = _counts.GetValueOrDefault(name) + 1;
            schedule.Trace.Add(schedule.Now, "nemesis", name);
            act();
            return;
        }
    }
}
