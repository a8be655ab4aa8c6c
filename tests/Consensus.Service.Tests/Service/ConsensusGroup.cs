using System.Globalization;
using Holdfast.Client;
using Holdfast.Consensus.Service.Coordination;
using Holdfast.Consensus.Service.Http;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Consensus.Service.Tests.Raft;
using Holdfast.Hosting;
using Holdfast.Servers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Holdfast.Consensus.Service.Tests.Service;

/// <summary>
/// Voters as the service hosts them, in this process: HTTP and Raft over loopback TCP, logs in a temporary directory.
/// </summary>
internal sealed class ConsensusGroup : IAsyncDisposable
{
    /// <summary>On a noisy machine, too, nobody leads but who is asked to.</summary>
    public static readonly (string Key, string? Value)[] Calm =
    [
        ("Consensus:ElectionTimeoutMin", "00:00:04"),
        ("Consensus:ElectionTimeoutMax", "00:00:06"),
    ];

    // In the first record after the header of a segment.
    private const long DamagedAt = 100;

    private readonly string _directory = System.IO.Directory.CreateTempSubdirectory("holdfast-consensus-").FullName;
    private readonly int[] _raftPorts;
    private readonly int[] _httpPorts;
    private readonly Dictionary<string, WebApplication> _running = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string?> _settings;
    private readonly LossReports? _losses;

    private ConsensusGroup(int voters, Dictionary<string, string?> settings, LossReports? losses)
    {
        int[] ports = [.. Enumerable.Range(0, 2 * voters).Select(_ => FreePort.Next())];
        (_raftPorts, _httpPorts) = (ports[..voters], ports[voters..]);
        (_settings, _losses) = (settings, losses);
        Client = ClientOf([.. Names]);
    }

    public IEnumerable<string> Names => Enumerable.Range(1, _raftPorts.Length).Select(i => $"v{i}");

    public RecordingPublisher Bus { get; } = new();

    /// <summary>Knows all voters.</summary>
    public ConsensusClient Client { get; }

    public HttpClient Http { get; } = new() { Timeout = TimeSpan.FromSeconds(30) };

    public static Task<ConsensusGroup> StartAsync(int voters, params (string Key, string? Value)[] settings) =>
        StartAsync(voters, losses: null, settings);

    /// <param name="voters">How many.</param>
    /// <param name="losses">What all of them together take of losses; null: each for itself, as a service does.</param>
    /// <param name="settings">Of all of them.</param>
    public static async Task<ConsensusGroup> StartAsync(
        int voters, LossReports? losses, params (string Key, string? Value)[] settings)
    {
        var group = new ConsensusGroup(
            voters, settings.ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal), losses);
        foreach (var name in group.Names) await group.StartAsync(name);
        await group.LeaderAsync();

        // A leader whom only some have met yet steps down when a test stops one of those.
        foreach (var name in group.Names) await group.AppliedAsync(name, 1).OrFailAsync($"{name} follows the leader");
        return group;
    }

    public string AddressOf(string name) => $"http://127.0.0.1:{_httpPorts[IndexOf(name)]}";

    public string DirectoryOf(string name) => Path.Combine(_directory, name);

    /// <summary>Another value of a setting, for voters that are started from now on.</summary>
    public void Set(string key, string value) => _settings[key] = value;

    /// <summary>A voter's settings, with those of a command line.</summary>
    public IConfiguration CommandLine(string name, params (string Key, string? Value)[] more) =>
        new ConfigurationBuilder().AddInMemoryCollection(SettingsOf(name))
            .AddInMemoryCollection(more.GroupBy(pair => pair.Key, pair => pair.Value)
                .Select(group => KeyValuePair.Create(group.Key, group.Last()))).Build();

    /// <summary>What a running voter's configuration says; it reads it again when it is told to.</summary>
    public IConfiguration ConfigurationOf(string name) => _running[name].Configuration;

    /// <summary>A part of a running voter.</summary>
    public T PartOf<T>(string name)
        where T : notnull => _running[name].Services.GetRequiredService<T>();

    public Uri Url(string name, string path) => new($"{AddressOf(name)}{path}");

    /// <summary>A client that knows these voters only.</summary>
    public ConsensusClient ClientOf(params IEnumerable<string> names) => new(new ConsensusClientOptions
    {
        Endpoints = [.. names.Select(AddressOf)],
        Deadline = TimeSpan.FromSeconds(20),
        AttemptDeadline = TimeSpan.FromSeconds(5),
    });

    public async Task StartAsync(string name)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(SettingsOf(name));
        builder.WebHost.UseUrls(AddressOf(name));
        builder.AddHoldfastDefaults("consensus", telemetry: false);
        builder.Services.AddSingleton<IEventPublisher>(Bus);
        builder.AddHoldfastBus();
        builder.AddConsensus();
        if (_losses is not null) builder.Services.AddSingleton(_losses);
        builder.ReloadOnHangup();
        var app = builder.Build();
        app.MapHoldfastDefaults();
        app.MapConsensus();
        await app.StartAsync();
        _running.Add(name, app);
    }

    public async Task StopAsync(string name)
    {
        _running.Remove(name, out var app);
        await app!.DisposeAsync();
    }

    /// <summary>Flips bits in the middle of the log of a voter that is stopped.</summary>
    public void DamageLog(string name)
    {
        var segment = System.IO.Directory.GetFiles(Path.Combine(_directory, name), "*", SearchOption.AllDirectories)
            .Where(file => Path.GetFileName(file).EndsWith(".log", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal).First();
        using var file = File.OpenHandle(segment, FileMode.Open, FileAccess.ReadWrite);
        Span<byte> byteThere = stackalloc byte[1];
        RandomAccess.Read(file, byteThere, DamagedAt);
        byteThere[0] ^= 0xff;
        RandomAccess.Write(file, byteThere, DamagedAt);
    }

    /// <summary>The first running voter that leads.</summary>
    public async Task<string> LeaderAsync()
    {
        using var stop = new CancellationTokenSource();
        var waits = _running.ToDictionary(
            voter => (Task)voter.Value.Services.GetRequiredService<RaftHost>().LeadsAsync(stop.Token),
            voter => voter.Key);
        var first = await Task.WhenAny(waits.Keys).OrFailAsync("a voter becomes leader");
        await stop.CancelAsync();
        return waits[first];
    }

    /// <summary>Completes when a running voter has applied the log up to an index, counted from 1.</summary>
    public async Task AppliedAsync(string name, ulong index)
    {
        var machine = PartOf<CoordinationMachine>(name);
        for (var changed = machine.Changed; machine.Current.AppliedIndex.Value < index; changed = machine.Changed)
            await changed;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Http.Dispose();
        foreach (var name in _running.Keys.ToList()) await StopAsync(name);
        System.IO.Directory.Delete(_directory, recursive: true);
    }

    private Dictionary<string, string?> SettingsOf(string name)
    {
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Node:Id"] = name,
            ["Node:Cluster"] = "test",
            ["Auth:AllowAnonymous"] = "true",
            ["Consensus:Listen"] = $"127.0.0.1:{_raftPorts[IndexOf(name)]}",
            ["Consensus:DataDirectory"] = DirectoryOf(name),
            ["Consensus:Heartbeat"] = "00:00:00.050",
            ["Consensus:ElectionTimeoutMin"] = "00:00:00.800",
            ["Consensus:ElectionTimeoutMax"] = "00:00:01.600",
        };
        foreach (var (voter, i) in Names.Select((voter, i) => (voter, i)))
        {
            settings[$"Consensus:Voters:{i}:Node"] = voter;
            settings[$"Consensus:Voters:{i}:Domain"] = $"domain{i}";
            settings[$"Consensus:Voters:{i}:RaftAddress"] = $"127.0.0.1:{_raftPorts[i]}";
            settings[$"Consensus:Voters:{i}:HttpAddress"] = AddressOf(voter);
        }

        foreach (var (key, value) in _settings) settings[key] = value;
        return settings;
    }

    private static int IndexOf(string name) => int.Parse(name.AsSpan(1), CultureInfo.InvariantCulture) - 1;
}
