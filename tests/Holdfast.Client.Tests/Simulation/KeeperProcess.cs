using Holdfast.Directory;
using Holdfast.Primitives;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Client.Tests.Simulation;

/// <summary>
/// A user's program in one of its lives, with the real keeper and the real session: it loads, works again and again on
/// what it may serve, tells what a resource refused, and knows what it was told.
/// </summary>
internal sealed class KeeperProcess : IGrainProgram, IDisposable
{
    private static readonly GrainKeeperOptions Options = new()
    {
        Types = [KeeperSimulation.FencedType, KeeperSimulation.LeasedType],
        CheckInterval = TimeSpan.FromSeconds(2),
        ListInterval = TimeSpan.FromSeconds(6),
        DrainDeadline = TimeSpan.FromSeconds(5),
        OfferPatience = TimeSpan.FromSeconds(5),
    };

    // The client's attempts have real deadlines, from these: they must never come, however slow the machine is.
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(50);
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(12);
    private static readonly ConsensusClientOptions Patient = new()
    {
        Endpoints = ["http://consensus"],
        Deadline = TimeSpan.FromMinutes(1),
        AttemptDeadline = TimeSpan.FromMinutes(1),
    };

    private readonly KeeperSimulation _world;
    private readonly string _name;
    private readonly ConsensusClient _consensus;
    private readonly IGrainDirectory _directory;
    private readonly LeaseClock _clock;

    // What is in memory of each grain: the epoch it was loaded under, and how far its state was.
    private readonly SortedDictionary<GrainId, (Epoch Epoch, long Version)> _loaded = [];
    private readonly HashSet<GrainId> _writing = [];
    private readonly HashSet<(GrainId, Epoch)> _told = [];

    public KeeperProcess(KeeperSimulation world, string name, ClusterId cluster)
    {
        (_world, _name, Cluster) = (world, name, cluster);
        Life = new SimulatedLife(world);
        _clock = new LeaseClock(this);
        _consensus = new ConsensusClient(Patient, new ConsensusLink(world));
        _directory = DirectoryLink.Of(world, Life);
        Keeper = new GrainKeeper(
            _consensus,
            _directory,
            this,
            Options,
            NullLogger.Instance,
            new TimeAndChance(Life.Time, world.Chance.Stream($"{name} {world.Now}")));
    }

    public SimulatedLife Life { get; }

    public ClusterId Cluster { get; }

    public GrainKeeper Keeper { get; }

    public void Start()
    {
        Life.Run(KeepAsync);
        Work();
    }

    /// <summary>Gives grains up at the directory, and does not say so to the keeper.</summary>
    public Task ReleaseUnsaidAsync(IReadOnlyList<GrainId> grains)
    {
        var held = grains.Select(grain => new HeldGrain(grain, Keeper.Held[grain]));
        return Task.WhenAll(held.Select(one =>
            _directory.ReleaseAsync([one], Keeper.Session!.Id, CancellationToken.None)));
    }

    public void Dispose() => _consensus.Dispose();

    public void Stop(TimeSpan pause)
    {
        Life.Stop();
        _clock.Stopped();
        _world.After(pause, () =>
        {
            _clock.Woken();
            Life.Wake();
        });
    }

    public async Task LoadAsync(HeldGrain grain, CancellationToken cancel)
    {
        await Life.PauseAsync(_world.Delay(), cancel);
        if (_world.IsDisturbed && _world.Chance.Happens(0.1)) throw new IOException("The state is not there yet.");
        if (_world.Resource.TryOpen(grain.Grain, grain.Epoch, out var version))
        {
            var keepsOld = _world.Mistake == KeeperMistake.LoadsNothingAnew && _loaded.ContainsKey(grain.Grain);
            _loaded[grain.Grain] = (grain.Epoch, keepsOld ? _loaded[grain.Grain].Version : version);
            return;
        }

        _ = Keeper.RefusedAsync(grain.Grain, grain.Epoch, CancellationToken.None);
        throw new IOException($"{grain.Grain} is refused.");
    }

    public async Task DrainAsync(HeldGrain grain, CancellationToken cancel)
    {
        do await Life.PauseAsync(_world.Delay(), cancel);
        while (_writing.Contains(grain.Grain));
    }

    public Task LostAsync(GrainLoss loss, CancellationToken cancel)
    {
        Told(loss);
        if (_world.Mistake == KeeperMistake.TellsTwice && _world.Chance.Happens(0.1)) Told(loss);
        if (_world.Mistake != KeeperMistake.LoadsNothingAnew) _loaded.Remove(loss.Grain);
        _world.Losses++;
        return Task.CompletedTask;
    }

    /// <summary>
    /// Once all is quiet: it serves exactly what is on record as its own, and was told of all else that it loaded.
    /// </summary>
    public void DemandSettled(IReadOnlyDictionary<GrainId, GrainRecord> records)
    {
        var held = Keeper.Held;
        foreach (var (grain, epoch) in held)
        {
            var record = records[grain];
            (record.Holder, record.Epoch).ShouldBe((Keeper.Session!.Id, epoch), $"{_name} holds {grain}");
        }

        foreach (var record in records.Values.Where(record => record.Holder == Keeper.Session!.Id))
        {
            Keeper.TryServe(record.Grain, out var epoch).ShouldBeTrue($"{_name} does not serve {record.Grain} again.");
            epoch.ShouldBe(record.Epoch);
        }

        _loaded.Keys.ShouldBeSubsetOf(held.Keys, $"{_name} was not told that it lost a grain.");
    }

    // Thrown it would be a failure of the program, which the keeper counts and goes on after.
    private void Told(GrainLoss loss)
    {
        if (!_told.Add((loss.Grain, loss.Epoch)))
            _world.Fail(new InvalidOperationException($"{_name} was told twice that {loss.Grain} is lost."));
    }

    private async Task KeepAsync()
    {
        while (true)
        {
            try
            {
                var session = await HoldfastSession.OpenAsync(
                    _consensus,
                    new HoldfastSessionOptions { Cluster = Cluster, Name = "orders", Ttl = Ttl, KeepAlive = KeepAlive },
                    _clock,
                    new KeepAlivePace(Life.Time, Life.Scheduler),
                    CancellationToken.None);
                await Keeper.RunAsync(session, CancellationToken.None);
            }
            catch (ConsensusUnavailableException)
            {
                _world.Unopened++;
            }

            await Life.PauseAsync(TimeSpan.FromMilliseconds(200));
        }
    }

    private void Work() => Life.After(TimeSpan.FromSeconds(1) + _world.Delay(), () =>
    {
        foreach (var grain in KeeperSimulation.Grains)
        {
            if (!Keeper.TryServe(grain, out var epoch) && !TryServeOnAnyLease(grain, out epoch)) continue;
            _world.Serves(this, grain, epoch);
            _loaded[grain].Epoch.ShouldBe(epoch, $"{_name} serves {grain} under an epoch it was not loaded under.");
            if (grain.Type == KeeperSimulation.LeasedType) WriteLeased(grain, epoch);
            else if (_writing.Add(grain)) SendWrite(grain, epoch, _loaded[grain].Version);
        }

        Work();
    });

    // By mistake: a lease is that of the session which claimed, not of the one that there is.
    private bool TryServeOnAnyLease(GrainId grain, out Epoch epoch)
    {
        epoch = Keeper.Held.GetValueOrDefault(grain);
        return _world.Mistake == KeeperMistake.LeasePassesOn && grain.Type == KeeperSimulation.LeasedType &&
            Keeper.Session is { } session && session.IsAlive() && _world.Carried.GivenTo(grain, epoch) != session.Id &&
            _loaded.TryGetValue(grain, out var so) && so.Epoch == epoch;
    }

    // No resource guards it: what it serves it writes at once.
    private void WriteLeased(GrainId grain, Epoch epoch)
    {
        _loaded[grain] = (epoch, _world.Resource.WriteUnguarded(grain, _loaded[grain].Version));
    }

    // On its way it may be overtaken by anything.
    private void SendWrite(GrainId grain, Epoch epoch, long version) => _world.After(_world.WriteDelay(), () =>
    {
        var isAccepted = _world.Resource.TryWrite(grain, epoch, version, out var written);
        Life.After(_world.Delay(), () =>
        {
            _writing.Remove(grain);
            if (!isAccepted) Life.Run(() => RefusedAsync(grain, epoch));
            else if (_loaded.TryGetValue(grain, out var so) && so.Epoch == epoch) _loaded[grain] = (epoch, written);
        });
    });

    private Task RefusedAsync(GrainId grain, Epoch epoch)
    {
        _ = Keeper.RefusedAsync(grain, epoch, CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <summary>The clock of the leases, which goes on while the process is stopped, unless by mistake.</summary>
    private sealed class LeaseClock(KeeperProcess process) : IMonotonicClock
    {
        private Instant? _stoppedAt;
        private TimeSpan _slept;

        public Instant Now() => process._world.Now - _slept;

        public void Stopped() => _stoppedAt = process._world.Now;

        public void Woken()
        {
            if (_stoppedAt is { } since && process._world.Mistake == KeeperMistake.LeaseSleeps)
                _slept += process._world.Now - since;
            _stoppedAt = null;
        }
    }
}
