using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Storage;
using Holdfast.Simulation;

namespace Holdfast.Consensus.Simulation.Tests.Raft;

/// <summary>How hostile one simulated world is. Drawn from its seed, printed when it finds something.</summary>
internal sealed record SimulationOptions
{
    private const double DriftMax = 0.1;
    private const int RetriesSalt = 0x1e1e1e;

    public required int Seed { get; init; }

    public required int Voters { get; init; }

    /// <summary>Time with faults; then everything heals and must come to rest.</summary>
    public required TimeSpan Duration { get; init; }

    public required TimeSpan DelayMax { get; init; }

    /// <summary>Chance of a message to be lost.</summary>
    public required double Loss { get; init; }

    public required double Duplication { get; init; }

    /// <summary>Chance of a message to be held up for up to two seconds, and so to arrive in another world.</summary>
    public required double Straggling { get; init; }

    public required TimeSpan FlushMax { get; init; }

    /// <summary>Chance of a flush to take up to a second.</summary>
    public required double Stalling { get; init; }

    /// <summary>Chance that a voter loses power, or is killed, at a step, at its worst moment.</summary>
    public required double CrashAtStep { get; init; }

    /// <summary>Mean pause between two cuts, heals and crashes.</summary>
    public required TimeSpan NemesisPause { get; init; }

    /// <summary>Bytes by which snapshots grow at most, so that they go in several parts.</summary>
    public int SnapshotPaddingMax { get; init; }

    /// <summary>The mistake of a disk that is read back after a kill, and taken for durable, without a flush.</summary>
    public bool TrustsTheCacheAtLoad { get; init; }

    /// <summary>
    /// Nodes that are no members at first; an operator adds, promotes and removes while faults go on.
    /// </summary>
    public int Joiners { get; init; }

    /// <summary>
    /// Nothing is bad but that one follower at a time is cut off and comes back; then no election may happen.
    /// </summary>
    public bool CutsOnlyFollowers { get; init; }

    /// <summary>An operator moves leadership about.</summary>
    public bool Transfers { get; init; }

    /// <summary>
    /// What a voter does whose log has a flipped bit: it does not come back, or it goes on with what is left and has
    /// the rest from the others. Then bits flip often.
    /// </summary>
    public CorruptionPolicy Policy { get; init; }

    /// <summary>The mistake of a store that goes on after a failed flush.</summary>
    public bool IgnoresFailedFlush { get; init; }

    /// <summary>Disks fill up, do not flush, and lose bits.</summary>
    public bool BreaksDisks { get; init; }

    /// <summary>Small, so that logs have many.</summary>
    public long SegmentBytes { get; init; } = 2000;

    /// <summary>Clients read at every voter, not only at leaders.</summary>
    public bool Reads { get; init; }

    /// <summary>Voters are told that leaders are dead, rightly or wrongly.</summary>
    public bool Hints { get; init; }

    /// <summary>Figures are changed while voters run, at one voter and at all.</summary>
    public bool Tunes { get; init; }

    /// <summary>Clients that read and write keys, and write down what they see.</summary>
    public int Clients { get; init; }

    /// <summary>
    /// They mark what they write, and ask again where they are not answered in time; their network repeats, too.
    /// </summary>
    public bool Retries { get; init; }

    /// <summary>The mistake of a state machine whose snapshots lack the answers of marked requests.</summary>
    public bool LosesRequests { get; init; }

    /// <summary>
    /// By how much clocks run fast or slow, as a part of true time; some as fast, some as slow as that, some exactly.
    /// </summary>
    public double ClockDrift { get; init; }

    public NetworkOptions Network => new()
    {
        DelayMax = DelayMax,
        Loss = Loss,
        Duplication = Duplication,
        Straggling = Straggling,
    };

    public RaftFaults Faults { get; init; }

    public RaftOptions Raft { get; init; } = new();

    /// <param name="seed">Decides everything.</param>
    /// <param name="withSnapshots">False for worlds whose course must stay what it was before there were any.</param>
    public static SimulationOptions Draw(int seed, bool withSnapshots = true)
    {
        var random = new Random(seed);
        int[] sizes = [3, 3, 3, 5, 5, 1, 2, 4];
        var raft = new RaftOptions
        {
            Heartbeat = TimeSpan.FromMilliseconds(40),
            ElectionTimeoutMin = TimeSpan.FromMilliseconds(150),
            ElectionTimeoutMax = TimeSpan.FromMilliseconds(300),
        };
        var options = new SimulationOptions
        {
            Seed = seed,
            Voters = sizes[random.Next(sizes.Length)],
            Duration = TimeSpan.FromSeconds(10),
            DelayMax = TimeSpan.FromMilliseconds(1 + (random.NextDouble() * 40)),
            Loss = random.Next(3) == 0 ? 0 : random.NextDouble() * 0.15,
            Duplication = random.NextDouble() * 0.1,
            Straggling = random.Next(2) == 0 ? 0 : random.NextDouble() * 0.05,
            FlushMax = TimeSpan.FromMilliseconds(0.2 + (random.NextDouble() * 30)),
            Stalling = random.Next(2) == 0 ? 0 : random.NextDouble() * 0.03,
            CrashAtStep = random.Next(2) == 0 ? 0 : random.NextDouble() * 0.003,
            NemesisPause = TimeSpan.FromMilliseconds(150 + (random.NextDouble() * 1000)),
            Raft = raft with
            {
                AppendEntriesMax = 1 + random.Next(8),
                InFlightAppendsMax = 1 + random.Next(16),
                ApplyEntriesMax = 1 + random.Next(16),
                ProposalsInFlightMax = 200,
            },
        };
        return withSnapshots ? WithSnapshots(options, new Random(seed ^ 0x5a5a5a)) : options;
    }

    /// <summary>Everything that a group can do, each in most of the worlds.</summary>
    public static SimulationOptions DrawAll(int seed)
    {
        var random = new Random(seed ^ 0x3c3c3c);
        var options = Draw(seed);
        options = options with { Tunes = seed % 3 == 0 };
        if (options.Voters > 2 && random.Next(8) == 0) return Calm(options);

        // From chance of their own, so that the courses of other seeds stay what they were.
        var more = new Random(seed ^ 0x696969);
        var leases = more.Next(2) == 0;
        return WithDamage(seed, options with
        {
            Reads = more.Next(4) > 0,
            Hints = more.Next(3) > 0,
            Raft = options.Raft with
            {
                LeaseReads = leases,
                ClockDriftMax = DriftMax,
                ReserveWait = ReserveWaitOf(seed),
            },
            Transfers = random.Next(3) > 0,
            Joiners = random.Next(3) > 0 ? 1 + random.Next(3) : 0,
            BreaksDisks = random.Next(3) == 0,
            SegmentBytes = 200 + random.Next(8000),
            Clients = random.Next(6),
            ClockDrift = random.Next(2) == 0 ? 0 : random.NextDouble() * DriftMax,

            // Again of its own, for the same reason.
            Retries = new Random(seed ^ RetriesSalt).Next(3) == 0,
        });
    }

    /// <summary>
    /// With a mistake switched on, and with more of what brings it to light where that is rare: the two that need
    /// crashes at certain moments get many.
    /// </summary>
    public SimulationOptions With(RaftFaults faults) => faults switch
    {
        RaftFaults.None => this,
        RaftFaults.ForgetVote or RaftFaults.CommitOldTermByCount => this with
        {
            Faults = faults,
            CrashAtStep = 0.01,
            CutsOnlyFollowers = false,
            Joiners = 0,
            Tunes = false,
        },
        RaftFaults.VotesAfterLoss => Damaged() with { Faults = faults, Tunes = false },
        RaftFaults.PromiseStretched => this with
        {
            Faults = faults,
            Tunes = true,
            Reads = true,
            CutsOnlyFollowers = false,
            NemesisPause = TimeSpan.FromMilliseconds(200),

            // All soon after the shortest silence, while a lease that was stretched lasts.
            Raft = Raft with { LeaseReads = true, ElectionTimeoutMax = 1.2 * Raft.ElectionTimeoutMin },
        },
        _ => this with { Faults = faults, Tunes = false },
    };

    // In a quarter of the worlds something is kept back, for up to a tenth of the shortest election timeout.
    private static TimeSpan ReserveWaitOf(int seed) =>
        TimeSpan.FromMilliseconds(seed % 4 == 2 ? 1 + (seed / 4 % 15) : 0);

    // Also from chance of its own.
    private static SimulationOptions WithDamage(int seed, SimulationOptions options)
    {
        var random = new Random(seed ^ 0x2d2d2d);
        if (random.Next(3) > 0) return options;
        var policy = random.Next(2) == 0 ? CorruptionPolicy.Truncate : CorruptionPolicy.ContinueFromPeers;
        return options.Damaged(policy, 200 + random.Next(1500));
    }

    private SimulationOptions Damaged(CorruptionPolicy policy, long segmentBytes) => this with
    {
        Policy = policy,
        SegmentBytes = Math.Min(segmentBytes, 1700),
        CutsOnlyFollowers = false,
    };

    /// <summary>The same world, in which disks lose bits all the time.</summary>
    public SimulationOptions Damaged() => Damaged(CorruptionPolicy.ContinueFromPeers, SegmentBytes);

    private static SimulationOptions Calm(SimulationOptions options) => options with
    {
        DelayMax = 0.5 * options.DelayMax,
        Loss = 0,
        Straggling = 0,
        Stalling = 0,
        CrashAtStep = 0,
        CutsOnlyFollowers = true,
    };

    // From chance of its own, so that the courses of seeds without snapshots stay what they were.
    private static SimulationOptions WithSnapshots(SimulationOptions options, Random random)
    {
        if (random.Next(3) == 0) return options;
        var entries = 3 + random.Next(60);
        var paddingMax = random.Next(2) == 0 ? 0 : 4000;
        return options with
        {
            SnapshotPaddingMax = paddingMax,
            Raft = options.Raft with
            {
                SnapshotEntries = entries,
                SnapshotTrailingEntries = random.Next(3) == 0 ? random.Next(20) : 0,

                // At most a hundred parts or so: what takes longer than the world has is no fault of the group.
                SnapshotChunkBytes = Math.Max(1 + random.Next(2000), paddingMax / 100),
                LogEntriesMax = entries + random.Next(200),
            },
        };
    }
}
