using System.Globalization;
using Holdfast.Directory;
using Holdfast.Directory.Embedded;
using Holdfast.Primitives;
using Holdfast.Simulation;

namespace Holdfast.Client.Tests.Simulation;

/// <summary>Something that is built wrongly on purpose: each must be caught.</summary>
internal enum KeeperMistake
{
    None,

    /// <summary>The resource takes every write.</summary>
    ResourceIsBlind,

    /// <summary>The program keeps what it has in memory when it is to load under a new epoch.</summary>
    LoadsNothingAnew,

    /// <summary>The clock of the leases stands still while the process is stopped.</summary>
    LeaseSleeps,

    /// <summary>The directory answers some lost claims as if they were won.</summary>
    GivesTwice,

    /// <summary>A loss is told twice.</summary>
    TellsTwice,

    /// <summary>The directory answers some offers that it carried out as if it had refused them.</summary>
    DeniesOffers,

    /// <summary>The program gives grains up at the directory, and its keeper is not told.</summary>
    ReleasesUnsaid,

    /// <summary>The program takes the lease of its session for that of the one before, too.</summary>
    LeasePassesOn,
}

/// <summary>
/// Four processes of two clusters with the real keeper, over the embedded directory, in virtual time. For a while
/// clusters are fenced and their grains promoted, grains are offered, shards hang and lose their memory, calls and
/// events are late, lost and repeated, processes are killed and stopped; then all that ceases, and in the end everybody
/// serves what is its own.
/// </summary>
internal sealed class KeeperSimulation : ISimulatedWorld
{
    public const int Shards = 4;
    public const string FencedType = "order";
    public const string LeasedType = "room";

    private static readonly Instant QuietFrom = Instant.Zero + TimeSpan.FromMinutes(3);
    private static readonly Instant End = QuietFrom + TimeSpan.FromMinutes(2.5);
    private static readonly ClusterId[] Clusters = [new("east"), new("west")];

    private readonly Schedule _schedule;
    private readonly List<KeeperProcess> _processes = [];
    private readonly Dictionary<(GrainId, Epoch), KeeperProcess> _serving = [];
    private readonly HashSet<int> _hung = [];
    private readonly KeeperTroubles _troubles;
    private Exception? _failure;

    public KeeperSimulation(ulong seed, KeeperMistake mistake = KeeperMistake.None)
    {
        Trace = new Trace();
        _schedule = new Schedule(Trace);
        Chance = new Chance(seed);
        Mistake = mistake;
        LosesMemory = Chance.Happens(0.5);
        Sessions = new SimulatedSessions(this);
        Resource = new WrittenState(this);
        _troubles = new KeeperTroubles(this);
    }

    public static IReadOnlyList<GrainId> Grains { get; } =
    [
        .. Enumerable.Range(0, 12).Select(i => new GrainId(
            i % 3 == 0 ? LeasedType : FencedType, i.ToString(CultureInfo.InvariantCulture))),
    ];

    public string Options => $"loses memory {LosesMemory} mistake {Mistake}";

    public Trace Trace { get; }

    public TimeSpan Simulated => _schedule.Now - Instant.Zero;

    public IEnumerable<(string Name, long Count)> Figures =>
    [
        ("served", _serving.Count), ("writes", Resource.Writes), ("writes refused", Resource.Refused),
        ("losses told", Losses), ("unopened", Unopened), ("offered", Carried.Offered),
        ("accepted", Carried.Accepted), ("withdrawn", Carried.Withdrawn), ("released", Carried.Released),
        .. _troubles.Figures,
    ];

    public Chance Chance { get; }

    public KeeperMistake Mistake { get; }

    /// <summary>Whether the directory loses memory in this world.</summary>
    public bool LosesMemory { get; }

    public SimulatedSessions Sessions { get; }

    public CarriedCalls Carried { get; } = new();

    public EmbeddedGrainDirectory Directory { get; } = new(new DirectoryOptions { Shards = Shards });

    public WrittenState Resource { get; }

    public Instant Now => _schedule.Now;

    public bool IsDisturbed => Now < QuietFrom;

    public IReadOnlyList<KeeperProcess> Processes => _processes;

    public long Losses { get; set; }

    public long Unopened { get; set; }

    /// <summary>The embedded directory has answered when it returns.</summary>
    public static T Answer<T>(Task<T> answered)
    {
        answered.IsCompleted.ShouldBeTrue();
#pragma warning disable xUnit1031 // It is completed: nothing blocks.
        return answered.Result;
#pragma warning restore xUnit1031
    }

    public void Run()
    {
        for (var shard = 0; shard < Shards; shard++)
            Answer(Directory.OpenShardAsync(shard, KeeperTroubles.Election, new Token(1), new Token(1), default));
        for (var i = 0; i < 4; i++) Begin(i);
        ClaimFirst();
        _troubles.Begin();
        _schedule.Repeat(() => TimeSpan.FromSeconds(1), () =>
        {
            Sessions.Expire();
            return true;
        });
        while (Now < End)
        {
            _schedule.RunUntil(Now + TimeSpan.FromSeconds(1));
            if (_failure is not null) throw _failure;
        }

        Settle();
        foreach (var process in _processes) process.Dispose();
    }

    public void After(TimeSpan wait, Action act) => _schedule.After(wait, act);

    public void Note(string who, string what) => Trace.Add(Now, who, what);

    public void Fail(Exception failure) => _failure ??= failure;

    public TimeSpan Delay() => Chance.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(20));

    public TimeSpan LongDelay() => Chance.UpTo(TimeSpan.FromSeconds(20));

    public TimeSpan WriteDelay() => IsDisturbed && Chance.Happens(0.1) ? LongDelay() : Delay();

    public CallFate FateOf(int shard)
    {
        if (_hung.Contains(shard)) return CallFate.Lost;
        if (!IsDisturbed || !Chance.Happens(0.06)) return CallFate.Carried;
        return Chance.Pick([CallFate.Unheard, CallFate.Late, CallFate.Lost]);
    }

    public void Hang(int shard, TimeSpan span)
    {
        _hung.Add(shard);
        After(span, () => _hung.Remove(shard));
    }

    /// <summary>An answer of the directory, as it was given or with the mistake.</summary>
    public T Bend<T>(string call, T answer) => (Mistake, call) switch
    {
        (KeeperMistake.GivesTwice, _) => Bend(answer, DirectoryStatus.LostRace, DirectoryStatus.Ok),
        (KeeperMistake.DeniesOffers, nameof(IGrainDirectory.OfferAsync)) =>
            Bend(answer, DirectoryStatus.Ok, DirectoryStatus.NotOwner),
        _ => answer,
    };

    /// <summary>A process may serve a grain at this moment.</summary>
    public void Serves(KeeperProcess process, GrainId grain, Epoch epoch)
    {
        if (!_serving.TryAdd((grain, epoch), process))
            _serving[(grain, epoch)].ShouldBe(process, $"Two serve {grain} under {epoch}.");
        if (grain.Type == LeasedType)
        {
            (Carried.GivenTo(grain, epoch) is { } by && !Sessions.HasEnded(by))
                .ShouldBeTrue($"The lease of {grain} under {epoch} has ended.");
        }

        Carried.IsReleased(grain, epoch).ShouldBeFalse($"{grain} is served under {epoch}, which was given up.");

        // A memory that went back may know of an offer again that was withdrawn.
        if (!LosesMemory)
            Carried.IsOffered(grain, epoch).ShouldBeFalse($"{grain} is served under {epoch}, whose offer stands.");
    }

    /// <summary>A process ends without a word, and begins anew after a while.</summary>
    public void Kill(KeeperProcess process, TimeSpan pause)
    {
        var index = _processes.IndexOf(process);
        process.Life.End();
        process.Dispose();
        After(pause, () => Begin(index));
    }

    private T Bend<T>(T answer, DirectoryStatus from, DirectoryStatus to) =>
        answer is IReadOnlyList<GrainAnswer> answers && Chance.Happens(0.2)
            ? (T)(object)answers.Select(one => one.Status == from ? one with { Status = to } : one).ToArray()
            : answer;

    private void Begin(int index)
    {
        var process = new KeeperProcess(this, $"p{index}", Clusters[index % 2]);
        if (index < _processes.Count) _processes[index] = process;
        else _processes.Add(process);
        process.Start();
    }

    private void ClaimFirst() => After(TimeSpan.FromSeconds(0.5), () =>
    {
        for (var i = 0; i < Grains.Count; i++)
        {
            var keeper = _processes[i % _processes.Count].Keeper;
            var grain = Grains[i];
            _processes[i % _processes.Count].Life.Run(() => _troubles.ClaimAsync(keeper, grain));
        }
    });

    private void Settle()
    {
        var records = new SortedDictionary<GrainId, GrainRecord>();
        for (var shard = 0; shard < Shards; shard++)
        {
            foreach (var record in Answer(Directory.ScanAsync(shard, null, default)).Records)
                records[record.Grain] = record;
        }

        foreach (var record in records.Values.Where(record => !record.Tombstone))
        {
            _processes.ShouldContain(
                process => process.Keeper.Session != null && process.Keeper.Session.Id == record.Holder,
                $"Nobody who is there holds {record}.");
        }

        foreach (var process in _processes) process.DemandSettled(records);
    }
}
