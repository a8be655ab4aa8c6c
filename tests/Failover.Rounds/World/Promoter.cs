using Holdfast.Contracts.Http;
using Holdfast.Failover.Rounds.Checks;
using Holdfast.Failover.Rounds.Passages;
using Holdfast.Servers;

namespace Holdfast.Failover.Rounds.World;

/// <summary>
/// One of the Failover processes of the heir. All its ways to Consensus and Redis lead through passages of its own,
/// which outlive it.
/// </summary>
internal sealed class Promoter : IAsyncDisposable
{
    private readonly Dictionary<string, string> _settings;
    private readonly List<Passage> _toConsensus;
    private readonly Passage _toRedis;
    private readonly int _port = FreePort.Next();
    private ServiceProcess? _process;

    public Promoter(string name, SystemSettings system, Turnstile turnstile, GrantLedger ledger)
    {
        Name = name;
        _toRedis = new Passage(name, system.Redis.Port, turnstile, () => new RedisTraffic(ledger));
        _toConsensus =
        [
            .. system.Voters.Select(voter =>
                new Passage(name, voter.HttpPort, turnstile, static () => new ConsensusTraffic())),
        ];
        _settings = system.Failover(name, Installation.Heir);
        _settings["Logging:Console:FormatterName"] = "simple";
        _settings["Logging:Console:FormatterOptions:TimestampFormat"] = "HH:mm:ss.fff ";
        _settings["Directory:Redis"] = $"127.0.0.1:{_toRedis.Port}";
        _settings["Directory:Shards"] = $"{Installation.Shards}";
        _settings["Failover:Grace"] = "00:00:00";
        _settings["Failover:CheckInterval"] = "00:00:00.500";
        _settings["Failover:SessionTtl"] = $"{Installation.SessionTtl}";
        _settings["Failover:KeepAlive"] = "00:00:00.400";

        // Where Redis was killed, and another came to promote before it was back, nobody knows whether it lost
        // something: then its shards wait for their owners to tell them again what they hold.
        _settings["Failover:ReassertWindow"] = "00:00:03";

        // Few lanes: the steps of a sweep come one after the other as far as they can.
        _settings["Failover:ShardsInFlightMax"] = "2";
        _settings["Failover:BackoffMax"] = "00:00:01";
        _settings["OutboxRelay:RetryIntervalMax"] = "00:00:01";
        for (var i = 0; i < _toConsensus.Count; i++)
            _settings[$"ConsensusClient:Endpoints:{i}"] = $"http://127.0.0.1:{_toConsensus[i].Port}";
    }

    public string Name { get; }

    /// <summary>Starts it, again after its death; the caller waits until it is ready.</summary>
    public async Task StartAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        _process = ServiceProcess.Start("Failover", Name, _port, _settings);
    }

    public Task ReadyAsync() => _process!.ReadyAsync();

    /// <summary>In which phase it sees a cluster; null where it does not watch it yet.</summary>
    public async Task<string?> PhaseAsync(string cluster, CancellationToken cancel)
    {
        var seen = await _process!.GetAsync(FailoverRoutes.Clusters, cancel);
        return seen.GetProperty("clusters").EnumerateArray()
            .Where(watched => watched.GetProperty("cluster").GetString() == cluster)
            .Select(watched => watched.GetProperty("phase").GetString())
            .FirstOrDefault();
    }

    /// <summary>SIGKILL.</summary>
    public void Kill() => _process!.Kill();

    /// <summary>SIGSTOP.</summary>
    public Task PauseAsync() => _process!.PauseAsync();

    /// <summary>SIGCONT.</summary>
    public void Resume() => _process!.Resume();

    /// <summary>Nothing comes through between it and Consensus; to Redis and the bus all is well.</summary>
    public void CutFromConsensus()
    {
        foreach (var passage in _toConsensus) passage.Cut();
    }

    public void MendConsensus()
    {
        foreach (var passage in _toConsensus) passage.Mend();
    }

    /// <summary>The last lines of what it said, for a message of failure.</summary>
    public string Said() => _process?.Said() ?? "";

    /// <summary>All that it said.</summary>
    public IReadOnlyList<string> Lines => _process is { } process ? [.. process.Output.All, .. process.Errors.All] : [];

    /// <summary>How it sees all clusters.</summary>
    public async Task<string> StandingAsync(CancellationToken cancel) =>
        (await _process!.GetAsync(FailoverRoutes.Clusters, cancel)).GetRawText();

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        await _toRedis.DisposeAsync();
        foreach (var passage in _toConsensus) await passage.DisposeAsync();
    }
}
