using System.Globalization;
using System.Net.Http.Json;
using Holdfast.Directory;
using Holdfast.Directory.Embedded;
using Holdfast.Handoff.Service.Tests.World;
using Holdfast.Primitives;
using Holdfast.Servers;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.Handoff.Service.Tests;

/// <summary>A daemon that is a grain: with a real Consensus, and a directory in this process.</summary>
public sealed class FencingTests
{
    private static readonly GrainId Grain = new("holdfast.daemon", "edge-1/counter");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_epoch_rises_with_every_process_that_serves_and_once_more_before_a_resume()
    {
        using var builds = new CounterBuilds();
        builds.Add("1.1", "{}");
        builds.Add("sick", """{ "Counter": { "Unhealthy": true } }""");
        var (port, url) = (FreePort.Next(), Url(FreePort.Next()));
        await using var voter = await NodeHost.VoterAsync(url, Path.Combine(builds.State, "voter"));
        var directory = await DirectoryAsync();
        await using var supervisor = await NodeHost.SupervisorAsync(
            Fenced(builds.Settings(port), url, "00:00:20"),
            services => services.AddSingleton<IGrainDirectory>(directory));
        await supervisor.ServingAsync();
        var first = await AddAsync(port);
        first.ShouldBe(await EpochAsync(directory));

        var committed = await supervisor.EndedAsync((await supervisor.HandOverAsync("1.1")).Id);
        committed.Outcome.ShouldBe("committed", committed.Reason);
        var second = await AddAsync(port);
        second.ShouldBeGreaterThan(first);
        second.ShouldBe(await EpochAsync(directory));
        committed.Epoch.ShouldBe(second.ToString());
        committed.Steps.Select(step => step.Step).ShouldContain("raisingEpoch");

        await supervisor.ServingAsync();
        var aborted = await supervisor.EndedAsync((await supervisor.HandOverAsync("sick")).Id);
        (aborted.Outcome, aborted.Reason).ShouldBe(("aborted", "the successor is not healthy"));
        var third = await AddAsync(port);
        third.ShouldBeGreaterThan(second);
        third.ShouldBe(await EpochAsync(directory));
        third.Token.Value.ShouldBeGreaterThan(second.Token.Value + 1, "the successor had one in between");
        (await CounterLoad.ReadAsync(port)).Build.ShouldBe("1.1");
    }

    [Fact]
    public async Task Without_consensus_a_handoff_is_aborted_and_the_daemon_serves_on()
    {
        using var builds = new CounterBuilds();
        builds.Add("1.1", "{}");
        var (port, url) = (FreePort.Next(), Url(FreePort.Next()));
        var directory = await DirectoryAsync();
        await using var voter = await NodeHost.VoterAsync(url, Path.Combine(builds.State, "voter"));
        await using var supervisor = await NodeHost.SupervisorAsync(
            Fenced(builds.Settings(port), url, "00:00:02"),
            services => services.AddSingleton<IGrainDirectory>(directory));
        await supervisor.ServingAsync();
        var before = await AddAsync(port);
        await voter.DisposeAsync();

        var aborted = await supervisor.EndedAsync((await supervisor.HandOverAsync("1.1")).Id);
        aborted.Outcome.ShouldBe("aborted");
        aborted.Step.ShouldBe("raisingEpoch");
        var after = await AddAsync(port);
        after.ShouldBe(before);
        (await CounterLoad.ReadAsync(port)).Build.ShouldBe("1.0");
    }

    private static string Url(int port) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");

    private static Dictionary<string, string?> Fenced(
        Dictionary<string, string?> settings, string voter, string deadline)
    {
        settings["Handoff:Daemons:0:Fenced"] = "true";
        settings["ConsensusClient:Endpoints:0"] = voter;
        settings["ConsensusClient:Deadline"] = deadline;
        settings["Directory:Backend"] = "embedded";
        return settings;
    }

    private static async Task<EmbeddedGrainDirectory> DirectoryAsync()
    {
        var directory = new EmbeddedGrainDirectory(new DirectoryOptions { Backend = DirectoryBackend.Embedded });
        for (var shard = 0; shard < directory.Shards; shard++)
        {
            await directory.OpenShardAsync(
                shard, ElectionName.Failover(new ClusterId("edge")), new Token(1), new Token(1), Cancel);
        }

        return directory;
    }

    private static async Task<Epoch> EpochAsync(EmbeddedGrainDirectory directory) =>
        (await directory.LookupAsync([Grain], Cancel))[0].Record!.Epoch;

    private static async Task<Epoch> AddAsync(int port)
    {
        using var http = new HttpClient();
        var answer = await http.PostAsJsonAsync($"http://127.0.0.1:{port}/v1/counter", new { add = 1 }, Cancel);
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync(Cancel));
        return Epoch.Parse((await answer.Content.ReadFromJsonAsync<CounterSeen>(Cancel))!.Epoch);
    }
}
