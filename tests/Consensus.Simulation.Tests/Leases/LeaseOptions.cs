using Holdfast.Simulation;

namespace Holdfast.Consensus.Simulation.Tests.Leases;

/// <summary>Classic mistakes of leases and tokens, each switched on by a test that must see it caught.</summary>
[Flags]
internal enum LeaseFaults
{
    None = 0,

    /// <summary>The holder counts its whole time to live: nothing for clocks of different pace.</summary>
    NoMargin = 1,

    /// <summary>The holder counts from the answer to its keep-alive instead of from its sending.</summary>
    CountsFromTheAnswer = 2,

    /// <summary>The holder's clock stands still while its machine is suspended.</summary>
    ClockStopsWhenSuspended = 4,

    /// <summary>A leader acknowledges keep-alives without a majority's word that it still leads.</summary>
    AcknowledgesUnconfirmed = 8,

    /// <summary>The end of a session grants its elections to the next at once, by the same entry.</summary>
    TwoTokensFromOneEntry = 16,

    /// <summary>The holder counts by the clock that people and NTP set.</summary>
    CountsByTheWallClock = 32,
}

/// <summary>How bad the world of leases is.</summary>
internal sealed record LeaseOptions
{
    public required ulong Seed { get; init; }

    public required TimeSpan Ttl { get; init; }

    public required int Holders { get; init; }

    /// <summary>
    /// By how much clocks are fast or slow; two may differ by twice as much, which is below a hundredth.
    /// </summary>
    public required double PaceSpread { get; init; }

    public required NetworkOptions Network { get; init; }

    public LeaseFaults Faults { get; init; }

    public static LeaseOptions Draw(ulong seed)
    {
        var chance = new Chance(seed).Stream("options");
        return new LeaseOptions
        {
            Seed = seed,
            Ttl = TimeSpan.FromSeconds(chance.Pick([2.0, 5.0, 60.0])),
            Holders = 2 + chance.Next(4),
            PaceSpread = 0.0049 * chance.NextDouble(),
            Network = new NetworkOptions
            {
                DelayMax = TimeSpan.FromMilliseconds(1 + chance.Next(chance.Pick([10, 300]))),
                Loss = 0.4 * chance.NextDouble(),
                Duplication = 0.1 * chance.NextDouble(),
                Straggling = 0.1 * chance.NextDouble(),
            },
        };
    }
}
