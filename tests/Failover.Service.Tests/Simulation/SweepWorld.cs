using System.Globalization;
using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Contracts.Http;
using Holdfast.Directory;
using Holdfast.Failover.Protocol;
using Holdfast.Failover.Service.Consensus;
using Holdfast.Primitives;
using Holdfast.Simulation;
using FenceCause = Holdfast.Consensus.Protocol.Coordination.FenceCause;

namespace Holdfast.Failover.Service.Tests.Simulation;

/// <summary>Something that is built wrongly on purpose: each must be caught.</summary>
internal enum Mistake
{
    None,

    /// <summary>The directory promotes under whatever grant is installed.</summary>
    IgnoresTheGrant,

    /// <summary>The directory says that a grant is installed, and it is not.</summary>
    LiesAboutInstalling,

    /// <summary>The resource takes every write.</summary>
    ResourceIsBlind,

    /// <summary>An entry of the outbox is never read.</summary>
    LosesAnAnnouncement,
}

/// <summary>What is done to a promoter between two of its steps.</summary>
internal enum Disturbance
{
    Kill,
    Stop,
}

/// <summary>
/// One incident: east is fenced (its program, cut off, goes on writing), a Failover of west or north sweeps, a second
/// one of west stands ready, and programs claim what was promoted. At one step of a sweep, or at any with some chance,
/// the promoter is killed, or stopped and woken; calls are late, lost and repeated; east may come back.
/// </summary>
internal sealed class SweepWorld : ISimulatedWorld
{
    private static readonly Instant End = Instant.Zero + TimeSpan.FromSeconds(60);

    private readonly Schedule _schedule;
    private readonly Chance _chance;
    private readonly Mistake _mistake;
    private readonly (int Step, Disturbance What)? _at;
    private readonly List<ConsensusSnapshot> _snapshots = [];
    private readonly bool _comesBack;
    private int _notices;

    /// <param name="seed">Decides everything.</param>
    /// <param name="at">The one step at which a promoter is disturbed; null: at any, with some chance.</param>
    /// <param name="mistake">What is built wrongly.</param>
    public SweepWorld(ulong seed, (int Step, Disturbance What)? at = null, Mistake mistake = Mistake.None)
    {
        Trace = new Trace();
        _schedule = new Schedule(Trace);
        _chance = new Chance(seed);
        (_at, _mistake) = (at, mistake);
        _comesBack = at is null && _chance.Happens(0.3);
        Log = new SimulatedLog(_schedule);
        Directory = new DirectoryUnderWatch(Log, mistake, new WorldTime(Log));
        Resource = new GuardedResource(mistake);
    }

    public string Options => $"at {_at?.ToString() ?? "any"} back {_comesBack} mistake {_mistake}";

    public Trace Trace { get; }

    public TimeSpan Simulated => _schedule.Now - Instant.Zero;

    public IEnumerable<(string Name, long Count)> Figures =>
    [
        ("steps", Steps), ("disturbed", Disturbed), ("promoted", Directory.Promoted),
        ("promotions refused", Directory.RefusedPromotions), ("writes refused", Resource.Refused),
        ("notices", _notices),
    ];

    public SimulatedLog Log { get; }

    public DirectoryUnderWatch Directory { get; }

    public GuardedResource Resource { get; }

    /// <summary>Steps of sweeps and seals, each of which a promoter can be disturbed before.</summary>
    public int Steps { get; private set; }

    /// <summary>Those of seals.</summary>
    public int Sealing { get; private set; }

    public int Disturbed { get; private set; }

    public Instant Now => _schedule.Now;

    public FailoverOptions FailoverOptions { get; } = new()
    {
        Grace = TimeSpan.FromSeconds(1),
        CheckInterval = TimeSpan.FromSeconds(1),
        BackoffMin = TimeSpan.FromMilliseconds(50),
        BackoffMax = TimeSpan.FromSeconds(1),
        ShardsInFlightMax = 2,
    };

    public void Run()
    {
        Begin();
        _schedule.RunUntil(End);
        var lives = _comesBack ? "east" : "nobody";
        Directory.Records.ShouldAllBe(record => record.Cluster.Value != "east" || lives == "east");
        Directory.Records.ShouldAllBe(record => record.Holder != null && !Log.IsEnded(record.Holder.Value));
        Directory.DemandAnnounced();
    }

    public void After(TimeSpan wait, Action act) => _schedule.After(wait, act);

    public void At(Instant at, Action act) => _schedule.At(at, act);

    public void Note(string who, string what) => Trace.Add(Now, who, what);

    public void Hear(Notice notice)
    {
        _notices++;
        Trace.Add(Now, notice.Cluster.Value, notice.GetType().Name);
    }

    public Random NewRandom() => _chance.Stream($"machine {Now}");

    public TimeSpan Delay() => _chance.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(20));

    public TimeSpan LongDelay() => _chance.UpTo(TimeSpan.FromSeconds(8));

    public bool IsLost() => _chance.Happens(0.04);

    public bool IsRepeated() => _chance.Happens(0.04);

    public bool LiesAboutInstalling() => _mistake == Mistake.LiesAboutInstalling && _chance.Happens(0.3);

    /// <summary>What some voter has, which may lag.</summary>
    public ConsensusSnapshot AnySnapshot()
    {
        _snapshots.Add(Log.Snapshot());
        return _chance.Happens(0.1) ? _snapshots[Math.Max(0, _snapshots.Count - 6)] : _snapshots[^1];
    }

    /// <summary>The moment before a step of a promoter.</summary>
    public void Disturb(SimulatedPromoter promoter, bool isSealing)
    {
        if (!promoter.IsSweeping && !isSealing) return;
        Sealing += isSealing && !promoter.IsSweeping ? 1 : 0;
        var what = _at switch
        {
            { } at => at.Step == Steps ? at.What : (Disturbance?)null,
            null when Now < Instant.Zero + TimeSpan.FromSeconds(25) && _chance.Happens(0.03) =>
                _chance.Happens(0.5) ? Disturbance.Kill : Disturbance.Stop,
            null => null,
        };
        Steps++;
        if (what is null) return;
        Disturbed++;
        if (what == Disturbance.Kill) promoter.Kill();
        else promoter.Stop(_chance.Between(TimeSpan.FromSeconds(0.2), TimeSpan.FromSeconds(9)));
    }

    private void Begin()
    {
        foreach (var cluster in (string[])["east", "west", "north"]) Log.Live($"{cluster[0]}1", cluster, 1);
        var floor = ((CoordinationAnswer.SessionState)Log.Apply(new CoordinationCommand.OpenSession(
            new ClusterId("west"), null, TimeSpan.FromMinutes(10), null, Agent: false))).Session.Token;
        Directory.Open(floor);
        Log.Apply(new CoordinationCommand.PutDefinition(
            new DefinitionKey(DirectoryText.Key),
            DirectoryText.End(new DirectoryDefinition(DirectoryUnderWatch.Shards, Created: true, floor)),
            OnlyIfAbsent: true));
        foreach (var (name, cluster) in ((string, string)[])[("w1", "west"), ("w2", "west"), ("n1", "north")])
            new SimulatedPromoter(this, name, cluster).Start();

        var east = new SimulatedProgram(this, "east", "e1");
        east.Start([.. Enumerable.Range(0, 24).Select(Grain)]);
        new SimulatedProgram(this, "west", "w1").Start([]);
        new SimulatedProgram(this, "north", "n1").Start([]);
        After(TimeSpan.FromSeconds(3), () =>
        {
            Log.Fence("e1", "east", _chance.Happens(0.5) ? FenceCause.Silence : FenceCause.ProcessDeath);
            east.Fenced();
        });
        if (!_comesBack) return;
        After(TimeSpan.FromSeconds(3) + _chance.UpTo(TimeSpan.FromSeconds(3)), () =>
        {
            Log.Live("e1", "east", 2);

            // What is still east's is held by a session that is over: its successor takes it from it.
            After(TimeSpan.FromSeconds(4), () => new SimulatedProgram(this, "east", "e1").Start(
                [.. Directory.Records.Where(record => record.Cluster.Value == "east")
                    .Select(record => new GrainClaim(record.Grain, record.Epoch))],
                generation: 2));
        });
    }

    private static GrainClaim Grain(int number) => new(
        new GrainId("cart", number.ToString(CultureInfo.InvariantCulture)),
        Kind: number % 4 == 0 ? GrainKind.Leased : GrainKind.Fenced);

    /// <summary>The clock of the directory's changes.</summary>
    private sealed class WorldTime(SimulatedLog log) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => log.Clock;
    }
}
