using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Holdfast.Consensus.Service.Tests.Raft;
using Holdfast.Contracts.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.Consensus.Service.Tests.Service;

/// <summary>What an operator changes while voters run, by HTTP and by SIGHUP.</summary>
public sealed class ConfigServiceTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    public static TheoryData<string, string> Illegal => new()
    {
        { """{"heartbeat":"00:00:10.001"}""",
            "heartbeat is 00:00:10.0010000; from 00:00:00.0050000 to 00:00:10 is legal." },
        { """{"snapshotEntries":99}""", "snapshotEntries is 99; from 100 to 1000000 is legal." },
        { """{"snapshotBytes":1,"learnerLagEntriesMax":0}""",
            "snapshotBytes is 1; from 1048576 to 1073741824 is legal. " +
            "learnerLagEntriesMax is 0; from 1 to 1000000 is legal." },
        { """{"snapshotTrailingEntries":-1}""", "snapshotTrailingEntries is -1; from 0 to 1000000 is legal." },
        { """{"heartbeat":"00:00:00.050","electionTimeoutMin":"00:00:01"}""", "electionTimeoutMin" },
        { "{}", "names no setting" },
    };

    [Fact]
    public async Task A_slower_heartbeat_of_the_leader_is_in_force_at_once_and_deposes_nobody()
    {
        await using var group = await ConsensusGroup.StartAsync(3);
        var leader = await group.LeaderAsync();
        var follower = group.Names.First(name => name != leader);
        var term = (await group.Client.StatusAsync(None, At(group, leader))).Term;

        var changed = (await group.Client.ChangeConfigAsync(
            At(group, leader), new ConfigRequest { Heartbeat = TimeSpan.FromSeconds(2) }, None)).Demand();
        changed.Hot.ShouldBe(changed.Configured with { Heartbeat = TimeSpan.FromSeconds(2) });
        (changed.ElectionTimeoutMin, changed.ElectionTimeoutMax)
            .ShouldBe((TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(8)));
        changed.Fixed.ElectionTimeoutMin.ShouldBe(TimeSpan.FromMilliseconds(800));

        // Longer than the longest timeout, the new one, too: everybody hears the leader all the time.
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(9);)
        {
            (await group.Client.StatusAsync(None, At(group, leader))).Role.ShouldBe("leader");
            await pace.WaitForNextTickAsync(None);
        }

        (await group.Client.StatusAsync(None, At(group, leader))).Term.ShouldBe(term);
        var other = await group.Client.ConfigAsync(At(group, follower), None);
        (other.Hot, other.ElectionTimeoutMin).ShouldBe((other.Configured, TimeSpan.FromSeconds(4)));
    }

    [Theory]
    [MemberData(nameof(Illegal))]
    public async Task What_is_not_legal_is_refused_with_its_range_and_changes_nothing(string json, string detail)
    {
        await using var group = await ConsensusGroup.StartAsync(1);
        var before = await group.Client.ConfigAsync(At(group, "v1"), None);

        using var body = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await group.Http.PutAsync(group.Url("v1", ConsensusRoutes.Config), body, None);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>(None);

        ((int)response.StatusCode, problem.GetProperty("code").GetString()).ShouldBe((400, "invalidRequest"));
        problem.GetProperty("detail").GetString()!.ShouldContain(detail);
        (await group.Client.ConfigAsync(At(group, "v1"), None)).ShouldBe(before);
    }

    [Fact]
    public async Task A_heartbeat_that_leaves_no_lease_is_refused_where_reads_go_by_leases()
    {
        await using var group = await ConsensusGroup.StartAsync(1, ("Consensus:LeaseReads", "true"));
        var at = At(group, "v1");

        var refusal = (await group.Client.ChangeConfigAsync(
            at, new ConfigRequest { Heartbeat = TimeSpan.FromMilliseconds(401) }, None)).Refusal!;

        (refusal.Status, refusal.Code).ShouldBe((409, ProblemCodes.UnsafeSetting));
        refusal.Detail.ShouldContain("at most half of Consensus:ElectionTimeoutMin (00:00:00.8000000)");
        var config = await group.Client.ConfigAsync(at, None);
        config.Hot.ShouldBe(config.Configured);
        (await group.Client.ChangeConfigAsync(
            at, new ConfigRequest { Heartbeat = TimeSpan.FromMilliseconds(400) }, None)).Demand()
            .ElectionTimeoutMin.ShouldBe(TimeSpan.FromMilliseconds(800));
    }

    [Fact]
    public async Task A_snapshot_is_taken_by_wish_and_refused_by_name_where_nothing_is_new()
    {
        await using var group = await ConsensusGroup.StartAsync(1);
        var at = At(group, "v1");
        (await group.Client.PutDefinitionAsync("a", "1", None)).Demand();

        var taken = (await group.Client.TakeSnapshotAsync(at, None)).Demand();

        taken.Node.ShouldBe("v1");
        taken.Bytes.ShouldBeGreaterThan(0);
        (await group.Client.StatusAsync(None, at)).SnapshotIndex.ShouldBe(taken.Index);

        // What a leader announces is recorded by entries of its own, which may come in between.
        ConsensusCodes(await group.Client.TakeSnapshotAsync(at, None)).ShouldBeOneOf("", ProblemCodes.NothingNew);
        await group.StopAsync("v1");
        await group.StartAsync("v1");
        (await group.Client.DefinitionAsync("a", None)).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_hangup_takes_up_what_the_configuration_says_by_now()
    {
        await using var group = await ConsensusGroup.StartAsync(1);
        var at = At(group, "v1");
        (await group.Client.ChangeConfigAsync(
            at, new ConfigRequest { Heartbeat = TimeSpan.FromMilliseconds(60) }, None)).Demand();
        group.ConfigurationOf("v1")["Consensus:SnapshotEntries"] = "4321";
        group.ConfigurationOf("v1")["Consensus:Group"] = "another";

        await HangUpAsync();

        // What is in force comes first, and is said to be configured right after.
        var config = await UntilAsync(group, at, now => now.Configured.SnapshotEntries == 4321);
        config.Hot.Heartbeat.ShouldBe(TimeSpan.FromMilliseconds(50), "The configuration says so, whatever PUT said.");
        config.Hot.ShouldBe(config.Configured);
        config.Fixed.Group.ShouldBe("holdfast", "That needs a restart.");

        group.ConfigurationOf("v1")["Consensus:SnapshotEntries"] = "1";
        await HangUpAsync();
        group.ConfigurationOf("v1")["Consensus:SnapshotEntries"] = "1234";
        await HangUpAsync();
        (await UntilAsync(group, at, now => now.Hot.SnapshotEntries != 4321)).Hot.SnapshotEntries.ShouldBe(1234);
    }

    [Fact]
    public async Task A_hangup_before_the_voter_has_started_ends_nothing_and_is_kept_for_it()
    {
        var builder = WebApplication.CreateBuilder();
        builder.ReloadOnHangup();

        await HangUpAsync();

        await using var services = builder.Services.BuildServiceProvider();
        await using var asked = services.GetRequiredService<HangupSignal>().ReadAsync(None).GetAsyncEnumerator(None);
        (await asked.MoveNextAsync().AsTask().OrFailAsync("the signal is there")).ShouldBeTrue();
    }

    [Fact]
    public void What_needs_a_restart_is_named_and_what_is_hot_is_not()
    {
        var started = new ConsensusOptions
        {
            Listen = new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 7401),
            DataDirectory = "/data",
            Voters = [Voter("a:1")],
        };
        ConfigurationReload.NeedRestart(started, started with { Voters = [Voter("a:1")] }).ShouldBeEmpty();
        ConfigurationReload.NeedRestart(
            started,
            started with
            {
                Voters = [Voter("b:1")],
                LeaseReads = true,
                Heartbeat = TimeSpan.FromSeconds(1),
                SnapshotBytes = 1,
                ElectionTimeoutMin = TimeSpan.FromSeconds(3),
            }).ShouldBe(
            ["Consensus:Voters", "Consensus:ElectionTimeoutMin", "Consensus:LeaseReads"], ignoreOrder: true);
    }

    private static VoterOptions Voter(string address) => new()
    {
        Node = new Primitives.NodeId("v1"),
        Domain = "d",
        RaftAddress = address,
        HttpAddress = new Uri("http://v1:1"),
    };

    private static string ConsensusCodes<T>(Client.ConsensusOutcome<T> outcome)
        where T : class => outcome.Refusal?.Code ?? "";

    private static Uri At(ConsensusGroup group, string name) => new(group.AddressOf(name));

    private static async Task<ConfigAnswer> UntilAsync(ConsensusGroup group, Uri at, Func<ConfigAnswer, bool> wanted)
    {
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(30);)
            if (await group.Client.ConfigAsync(at, None) is var config && wanted(config)) return config;
        throw new TimeoutException("Within 30 s the configuration was not read again.");
    }

    private static async Task HangUpAsync()
    {
        using var kill = Process.Start("kill", $"-HUP {Environment.ProcessId}");
        await kill.WaitForExitAsync(None).OrFailAsync("the signal is sent");
    }
}
