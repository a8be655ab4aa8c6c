using System.Diagnostics;

namespace Holdfast.Simulation;

/// <summary>One simulated world: run from its seed, it comes to an outcome or throws what went wrong.</summary>
public interface ISimulatedWorld
{
    /// <summary>Everything that one seed decides, in one line.</summary>
    string Options { get; }

    Trace Trace { get; }

    /// <summary>How long the world has lived.</summary>
    TimeSpan Simulated { get; }

    /// <summary>Figures that say whether the world did anything worth checking, summed over seeds.</summary>
    IEnumerable<(string Name, long Count)> Figures { get; }

    /// <exception cref="Exception">A promise was broken.</exception>
    void Run();
}

/// <summary>What a seed found, with all that is needed to see it again.</summary>
public sealed class SeedFailedException(ulong seed, string world, string options, Exception cause)
    : Exception(
        $"Seed {seed} of {world}: {cause.Message} ({options}) Replay with --world {world} --seed {seed}.", cause)
{
    public ulong Seed { get; } = seed;
}

/// <summary>Runs a world under one seed after another, and counts.</summary>
public sealed class Campaign(string name, Func<ulong, ISimulatedWorld> build)
{
    private readonly SortedDictionary<string, long> _figures = new(StringComparer.Ordinal);

    public string Name { get; } = name;

    public long Seeds { get; private set; }

    public TimeSpan Simulated { get; private set; }

    public TimeSpan Taken { get; private set; }

    public IReadOnlyDictionary<string, long> Figures => _figures;

    /// <summary>Runs seeds until so many are done or the time is up, but at least a minimum.</summary>
    /// <exception cref="SeedFailedException">The first that broke a promise.</exception>
    public void Run(ulong first, long seedsMax, TimeSpan limit, long seedsMin = 1)
    {
        var started = Stopwatch.GetTimestamp();
        for (var seed = first; seed - first < (ulong)seedsMax; seed++)
        {
            if (seed - first >= (ulong)seedsMin && Stopwatch.GetElapsedTime(started) >= limit) break;
            Run(seed);
        }

        Taken += Stopwatch.GetElapsedTime(started);
    }

    /// <summary>The world of a seed, before it runs.</summary>
    public ISimulatedWorld Build(ulong seed) => build(seed);

    /// <summary>Runs one seed to its outcome.</summary>
    public ISimulatedWorld Run(ulong seed)
    {
        var world = build(seed);
        try
        {
            world.Run();
        }
        catch (Exception cause)
        {
            throw new SeedFailedException(seed, Name, world.Options, cause);
        }

        Seeds++;
        Simulated += world.Simulated;
        foreach (var (figure, count) in world.Figures) _figures[figure] = _figures.GetValueOrDefault(figure) + count;
        return world;
    }

    /// <summary>The first of so many seeds that breaks a promise; null where none does.</summary>
    public SeedFailedException? FindFailure(ulong first, long seedsMax)
    {
        try
        {
            Run(first, seedsMax, TimeSpan.MaxValue);
            return null;
        }
        catch (SeedFailedException found)
        {
            return found;
        }
    }

    public override string ToString() => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"{Name}: {Seeds} seeds, {Simulated.TotalHours:0.00} simulated hours in {Taken.TotalSeconds:0} s; " +
        $"{string.Join(", ", _figures.Select(static one => $"{one.Value} {one.Key}"))}");
}
