using Holdfast.Consensus.Rounds.Load;
using Holdfast.Consensus.Rounds.Sandboxes;
using Holdfast.Simulation;

namespace Holdfast.Consensus.Rounds.Rounds;

/// <summary>What is done to the voters of a round.</summary>
internal enum RoundFault
{
    KillLeader,
    KillFollower,
    KillAll,
    StopLeader,
    CutLeader,
    DeafLeader,
    MuteLeader,
    FullDisk,
}

/// <summary>Whose voters they are.</summary>
internal enum RoundSystem
{
    Store,
    Service,
}

/// <summary>What happens in a round.</summary>
internal enum RoundStory
{
    /// <summary>One fault, as the seed draws it.</summary>
    Fault,

    /// <summary>The members change, and a voter is killed meanwhile.</summary>
    Members,

    /// <summary>A mistake that the round must find: a majority comes back with older files.</summary>
    RollBack,
}

/// <summary>
/// One round as its seed draws it. Any ten seeds in a row have every kind of fault; figures and victims differ.
/// What processes do in a round is theirs: a seed says what is done, not what comes of it.
/// </summary>
internal sealed record RoundPlan
{
    private static readonly TimeSpan StopTime = TimeSpan.FromSeconds(10);

    public required ulong Seed { get; init; }

    public RoundStory Story { get; init; }

    public required RoundSystem System { get; init; }

    public required RoundFault Fault { get; init; }

    /// <summary>How long voters are down, silent or cut off.</summary>
    public required TimeSpan Lasts { get; init; }

    /// <summary>So many voters, where a fault can have several victims.</summary>
    public required int Victims { get; init; }

    public required LoadFigures Load { get; init; }

    public string Name => $"{(Story == RoundStory.Fault ? $"{Fault}" : $"{Story}")} of {System}";

    /// <summary>The voters that there are in it, and with how many it begins.</summary>
    public (int All, int First) Voters => Story == RoundStory.Members ? (5, 3) : (3, 3);

    /// <summary>
    /// After so many entries a voter takes a snapshot, so that a round of seconds has some. Where a majority comes back
    /// with older files there are none: a third voter whose snapshot has what the two forgot could never follow them.
    /// </summary>
    public int SnapshotEntries => Story == RoundStory.RollBack ? 1_000_000 : System == RoundSystem.Store ? 2_000 : 300;

    /// <summary>What the round cannot do without.</summary>
    public bool NeedsSandbox => Story == RoundStory.Fault && Fault is RoundFault.CutLeader or RoundFault.DeafLeader
        or RoundFault.MuteLeader or RoundFault.FullDisk;

    public static RoundPlan Draw(ulong seed, RoundStory story = RoundStory.Fault)
    {
        var chance = new Chance(seed);
        var (system, fault) = (seed % 10) switch
        {
            1 => (RoundSystem.Store, RoundFault.KillLeader),
            2 => (RoundSystem.Store, RoundFault.StopLeader),
            3 => (RoundSystem.Store, RoundFault.CutLeader),
            4 => (RoundSystem.Store, RoundFault.FullDisk),
            5 => (RoundSystem.Service, RoundFault.KillLeader),
            6 => (RoundSystem.Store, RoundFault.KillAll),
            7 => (RoundSystem.Store, chance.Happens(0.5) ? RoundFault.DeafLeader : RoundFault.MuteLeader),
            8 => (RoundSystem.Service, chance.Pick<RoundFault>([RoundFault.CutLeader, RoundFault.StopLeader])),
            9 => (RoundSystem.Store, RoundFault.KillFollower),
            _ => (RoundSystem.Service, RoundFault.KillAll),
        };
        return new RoundPlan
        {
            Seed = seed,
            Story = story,
            System = story == RoundStory.Members ? RoundSystem.Service : system,
            Fault = fault,
            Lasts = fault == RoundFault.StopLeader
                ? StopTime
                : chance.Between(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5)),
            Victims = 1 + chance.Next(3),
            Load = new LoadFigures(
                Clients: 4 + chance.Next(5),
                ValueBytes: fault == RoundFault.FullDisk ? 32 * 1024 : 64 + chance.Next(2000),
                Pace: chance.Between(TimeSpan.FromMilliseconds(3), TimeSpan.FromMilliseconds(12)),
                Seed: seed),
        };
    }

    /// <summary>Null when it can be done there.</summary>
    public string? WhyNot(SandboxKind sandbox, string? reason) => NeedsSandbox && sandbox == SandboxKind.None
        ? $"{Fault} wants a network and disks of its own; {reason}."
        : null;

    public override string ToString() =>
        $"seed {Seed}: {Name}, {Victims} victims, {Lasts.TotalSeconds:F1} s, {Load.Clients} clients, " +
        $"{Load.ValueBytes} bytes every {Load.Pace.TotalMilliseconds:F0} ms";
}
