using Holdfast.Failover.Rounds.Passages;
using Holdfast.Simulation;

namespace Holdfast.Failover.Rounds.Rounds;

/// <summary>What happens in the middle of a round's sweep.</summary>
internal enum RoundFault
{
    /// <summary>The promoter gets SIGKILL between two steps.</summary>
    PromoterKilled,

    /// <summary>The promoter gets SIGSTOP between two steps, and wakes when the other one has finished.</summary>
    PromoterStopped,

    /// <summary>Redis gets SIGSTOP between two steps, and goes on later.</summary>
    RedisStopped,

    /// <summary>
    /// Redis gets SIGKILL between two steps, and comes back with its append-only file; in some rounds to another
    /// promoter, who does not know what it had.
    /// </summary>
    RedisKilled,

    /// <summary>
    /// RabbitMQ is stopped in good order, or killed, before the fence, and away until all grains have an owner again.
    /// </summary>
    BusAway,

    /// <summary>Two of three voters get SIGSTOP between two steps, and go on later.</summary>
    NoQuorum,

    /// <summary>
    /// The promoter is cut off from Consensus between two steps, but not from Redis; another is elected meanwhile.
    /// </summary>
    TwoHolders,
}

/// <summary>A mistake that a round must find.</summary>
internal enum RoundMistake
{
    None,

    /// <summary>The guarded resource takes a write under whatever epoch.</summary>
    IgnoresEpochs,

    /// <summary>The recorder misses one announcement of a promotion.</summary>
    MissesAnAnnouncement,
}

/// <summary>
/// One round as its seed draws it. Any ten seeds in a row have every fault; those of one kind one after another go
/// through the steps of a sweep, before and after each. What processes do in a round is theirs: a seed says what is
/// done, not what comes of it.
/// </summary>
internal sealed record RoundPlan
{
    /// <summary>
    /// So many steps are gone through, one after the other: of eight shards each has its grants, of the sweep before
    /// and after it and of the relay, its promotions, and trims; then the first look whether a grain is left. A sweep
    /// goes on to look for a while, which brings nothing new.
    /// </summary>
    public const int Steps = 76;

    private static readonly RoundFault[] Ten =
    [
        RoundFault.PromoterStopped, RoundFault.PromoterKilled, RoundFault.PromoterStopped, RoundFault.BusAway,
        RoundFault.TwoHolders, RoundFault.RedisStopped, RoundFault.NoQuorum, RoundFault.PromoterKilled,
        RoundFault.RedisKilled, RoundFault.PromoterKilled,
    ];

    public required ulong Seed { get; init; }

    public required RoundFault Fault { get; init; }

    /// <summary>Whether the fault was asked for, and not drawn.</summary>
    public bool IsChosen { get; init; }

    public RoundMistake Mistake { get; init; }

    /// <summary>So many steps pass before the one at which it happens.</summary>
    public required int After { get; init; }

    /// <summary>Whether that step was asked for only, or done.</summary>
    public required StepSide Side { get; init; }

    /// <summary>How long Redis or the voters are stopped.</summary>
    public required TimeSpan Lasts { get; init; }

    public required int Grains { get; init; }

    /// <summary>
    /// Of two holders: whether the calls of the first are on their way for as long as it is cut off, and come late. Of
    /// RabbitMQ: whether it is killed rather than stopped in good order. Of a killed Redis: whether the promoter is
    /// killed with it.
    /// </summary>
    public required bool IsRough { get; init; }

    public static RoundPlan Draw(ulong seed, RoundFault? only = null, RoundMistake mistake = RoundMistake.None)
    {
        var chance = new Chance(seed);
        var fault = only ?? Ten[seed % 10];

        // How many rounds of this fault earlier seeds had: each has another step.
        var turn = only is null
            ? (int)(seed / 10) * Ten.Count(one => one == fault) + Ten.Take((int)(seed % 10)).Count(one => one == fault)
            : (int)seed;
        return new RoundPlan
        {
            Seed = seed,
            Fault = fault,
            IsChosen = only is not null,
            Mistake = mistake,

            // Seven is prime to the number of steps: a few rounds already are spread over the sweep.
            After = (7 * turn + 5 * (int)fault) % Steps,
            Side = turn / Steps % 2 == 0 ? StepSide.Asked : StepSide.Answered,
            Lasts = fault == RoundFault.NoQuorum
                ? chance.Between(TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(6))
                : chance.Between(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4)),
            // More than one promotion moves of a shard, and not more than two do.
            Grains = 2_500 + chance.Next(500),
            IsRough = chance.Happens(0.5),
        };
    }

    /// <summary>What runs this round again, after the name of the program.</summary>
    public string Command =>
        $"--rounds 1 --seed {Seed}" + (IsChosen ? $" --only {Fault}" : "") +
        (Mistake == RoundMistake.None ? "" : $" --break {Mistake}");

    public override string ToString() =>
        $"seed {Seed}: {Fault}, {(Side == StepSide.Asked ? "before" : "after")} step {After + 1L}, {Grains} grains";
}
