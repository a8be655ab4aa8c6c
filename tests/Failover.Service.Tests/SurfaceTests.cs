using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Holdfast.Contracts;
using Holdfast.Directory;
using Holdfast.Directory.Embedded;
using Holdfast.Failover.Service.Tests.World;

namespace Holdfast.Failover.Service.Tests;

/// <summary>What people and programs ask of Failover: pauses, readiness, grains.</summary>
public sealed class SurfaceTests
{
    [Fact]
    public async Task A_pause_by_command_holds_the_promotion_back_until_it_is_resumed_over_http()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync("w1", "west");
        await Until.IsReadyAsync(failover);
        var cancel = TestContext.Current.CancellationToken;
        var answer = await world.Bus.SendAsync(
            new PauseFailover { CommandId = Guid.NewGuid(), ClusterId = "east", Reason = "maintenance" }, cancel);
        answer.ShouldBeOfType<CommandAccepted>();
        await world.OwnAsync(10);

        world.Consensus.Fence("e1", "east");
        var refused = await world.Heard.WaitForAsync<FailoverRefused>("because of the pause");
        refused.Reason.ShouldBe("paused");

        using var resumed = await failover.PostAsJsonAsync("/v1/resume", new { cluster = "east" }, cancel);
        resumed.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await world.Heard.WaitForAsync<FailoverCompleted>("after the pause")).Promoted.ShouldBe(10);
    }

    [Fact]
    public async Task A_pause_of_what_is_no_cluster_is_refused_with_what_is_legal()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync("w1", "west");
        var cancel = TestContext.Current.CancellationToken;
        using var response = await failover.PostAsJsonAsync("/v1/pause", new { cluster = "a b" }, cancel);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>(cancel);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        problem.GetProperty("code").GetString().ShouldBe("invalidRequest");
        problem.GetProperty("detail").GetString()!.ShouldContain("1 to 128 characters");
    }

    [Fact]
    public async Task An_unsafe_layout_of_the_voters_is_said_in_readiness_and_refuses_the_failover()
    {
        await using var world = await IncidentWorld.StartAsync();
        world.Consensus.LayoutProblem = "two of three voters share the domain a";
        using var failover = await world.FailoverAsync("w1", "west");
        await Until.HoldsAsync(
            failover,
            "/readyz",
            answer => answer.GetProperty("waitsFor").EnumerateArray().Any(
                one => one.GetProperty("reason").GetString() == world.Consensus.LayoutProblem),
            "word of the layout");

        world.Consensus.Fence("e1", "east");
        var refused = await world.Heard.WaitForAsync<FailoverRefused>("because of the layout");
        refused.Reason.ShouldBe("unsafeVoterLayout");
        refused.Detail.ShouldBe(world.Consensus.LayoutProblem);
    }

    [Fact]
    public async Task Readiness_says_that_consensus_is_missing_and_the_service_is_well_when_it_appears()
    {
        await using var world = await IncidentWorld.StartAsync();
        world.Consensus.IsAway = true;
        using var failover = await world.FailoverAsync("w1", "west", ("ConsensusClient:Deadline", "00:00:00.300"),
            ("ConsensusClient:AttemptDeadline", "00:00:00.200"));
        await Until.HoldsAsync(
            failover,
            "/readyz",
            answer => answer.GetProperty("waitsFor").EnumerateArray().Any(
                one => one.GetProperty("name").GetString() == "consensus"),
            "word of consensus");

        world.Consensus.IsAway = false;
        await Until.IsReadyAsync(failover);
    }

    [Fact]
    public async Task A_pause_without_consensus_is_answered_with_what_is_missing()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync("w1", "west", ("ConsensusClient:Deadline", "00:00:00.300"),
            ("ConsensusClient:AttemptDeadline", "00:00:00.200"));
        await Until.IsReadyAsync(failover);
        world.Consensus.IsAway = true;
        var cancel = TestContext.Current.CancellationToken;
        using var response = await failover.PostAsJsonAsync("/v1/pause", new { cluster = "east" }, cancel);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>(cancel);

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        problem.GetProperty("code").GetString().ShouldBe("noQuorum");
    }

    [Fact]
    public async Task Readiness_says_that_a_created_directory_has_lost_its_memory()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync("w1", "west");
        await Until.IsReadyAsync(failover);
        world.Consensus.Fence("e1", "east");

        // Who cannot report it cannot repair it.
        world.Consensus.IsAway = true;
        world.Directory.Forget(new EmbeddedGrainDirectory(new DirectoryOptions { Shards = world.Directory.Shards }));
        await Until.HoldsAsync(
            failover,
            "/readyz",
            answer => answer.GetProperty("waitsFor").EnumerateArray().Any(
                one => one.GetProperty("reason").GetString()!.Contains("lost its shards", StringComparison.Ordinal)),
            "word of the loss");
    }

    [Fact]
    public async Task The_snapshot_has_for_each_cluster_the_sequence_of_the_last_event_about_it()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync("w1", "west");
        await Until.IsReadyAsync(failover);
        world.Consensus.Fence("e1", "east");
        var completed = await world.Heard.WaitForAsync<FailoverCompleted>("after the sweep");
        await Until.HoldsAsync(
            failover,
            "/v1/clusters",
            answer => answer.GetProperty("clusters")[0].GetProperty("sequence").GetString() == completed.Sequence,
            $"sequence {completed.Sequence}");
    }

    [Fact]
    public async Task A_failover_that_was_there_before_its_nodes_agent_is_bound_to_the_node_once_that_lives()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync("w2", "west");
        await Until.HoldsAsync(
            failover, "/v1/clusters", answer => answer.GetProperty("holds").GetBoolean(), "election");
        world.Consensus.HolderNode("failover/west").ShouldBeNull();

        world.Consensus.Live("w2", "west");
        await Until.HoldsAsync(
            failover, "/livez", _ => world.Consensus.HolderNode("failover/west") == "w2", "session of the node w2");
    }

    [Fact]
    public async Task Grains_and_their_history_are_shown()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync("w1", "west");
        await Until.IsReadyAsync(failover);
        await world.OwnAsync(1);
        world.Consensus.Fence("e1", "east");
        await world.Heard.WaitForAsync<FailoverCompleted>("after the sweep");
        var cancel = TestContext.Current.CancellationToken;

        var grain = await failover.GetFromJsonAsync<JsonElement>("/v1/grains/order/0", cancel);
        var history = await failover.GetFromJsonAsync<JsonElement>("/v1/history/order/0", cancel);
        using var none = await failover.GetAsync("/v1/grains/order/none", cancel);

        grain.GetProperty("cluster").GetString().ShouldBe("west");
        history.GetArrayLength().ShouldBe(2);
        none.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("or%20der/1", "'or der' is not a grain type: 1 to 128 characters of A-Z a-z 0-9 . _ - are wanted.")]
    [InlineData("order", "A grain key of type 'order' must have 1 to 512 UTF-8 bytes.")]
    [InlineData("order/%01", "A grain key of type 'order' must not contain control characters.")]
    [InlineData("order/{513}", "A grain key of type 'order' must have 1 to 512 UTF-8 bytes.")]
    public async Task A_grain_that_cannot_be_is_refused_with_what_is_legal(string grain, string problem)
    {
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync("w1", "west");
        await Until.IsReadyAsync(failover);
        grain = grain.Replace("{513}", new string('k', 513), StringComparison.Ordinal);
        var cancel = TestContext.Current.CancellationToken;

        foreach (var route in new[] { "grains", "history" })
        {
            using var refused = await failover.GetAsync($"/v1/{route}/{grain}", cancel);

            refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
            var answer = await refused.Content.ReadFromJsonAsync<JsonElement>(cancel);
            answer.GetProperty("code").GetString().ShouldBe("invalidRequest");
            answer.GetProperty("detail").GetString().ShouldBe(problem);
        }
    }
}
