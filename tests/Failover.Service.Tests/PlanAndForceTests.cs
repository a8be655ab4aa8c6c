using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Failover.Service.Tests.World;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Tests;

/// <summary>What would be done, who may have what, how much at once, and doing it by hand.</summary>
public sealed class PlanAndForceTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_plan_says_what_would_happen_to_a_cluster_that_is_alive_and_changes_nothing()
    {
        await using var world = await IncidentWorld.StartAsync();
        world.Consensus.Live("n1", "north");
        world.Consensus.Define("graintype/ledger", """{"allowedClusters":["north"]}""");
        using var failover = await world.FailoverAsync("w1", "west");
        await Until.IsReadyAsync(failover);
        var grains = await world.OwnAsync(10);

        var plan = await failover.GetFromJsonAsync<FailoverPlanAnswer>("/v1/plan?from=east", Cancel);

        plan!.GrainsTotal.ShouldBe(10);
        var east = plan.Clusters.ShouldHaveSingleItem();
        east.Unreachable.ShouldBeFalse();
        east.Grains.ShouldBe(10);
        east.Heir.ShouldBe("west");
        east.WouldAct.ShouldBeTrue();
        var ledger = east.RestrictedTypes.ShouldHaveSingleItem();
        ledger.GrainType.ShouldBe("ledger");
        ledger.AllowedClusters.ShouldBe(["north"]);
        ledger.Heir.ShouldBeNull("North has no Failover.");
        (await world.CountAsync(grains, "east")).ShouldBe(10);
    }

    [Fact]
    public async Task A_plan_for_a_cluster_that_nobody_knows_is_not_found()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync("w1", "west");
        await Until.IsReadyAsync(failover);

        using var answer = await failover.GetAsync("/v1/plan?from=nowhere", Cancel);

        answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task An_order_by_hand_promotes_through_a_pause_and_a_bad_layout_and_is_told_for_the_audit()
    {
        await using var world = await IncidentWorld.StartAsync();
        world.Consensus.LayoutProblem = "two of three voters share the domain a";
        using var failover = await world.FailoverAsync("w1", "west", ("Failover:Grace", "01:00:00"));
        await Until.HoldsAsync(
            failover, "/v1/clusters", answer => answer.GetProperty("holds").GetBoolean(), "election");
        using var paused = await failover.PostAsJsonAsync("/v1/pause", new { }, Cancel);
        await Until.HoldsAsync(
            failover,
            "/readyz",
            answer => answer.GetProperty("waitsFor").GetArrayLength() == 1,
            "readiness but for the layout");
        var grains = await world.OwnAsync(10);
        world.Consensus.Fence("e1", "east");
        await Until.PhaseAsync(failover, "east", "primaryUnreachable");

        using var answer = await failover.PostAsJsonAsync(
            FailoverRoutes.Force, new ForceRequest("east", "the site burns", Operator: "ann"), Cancel);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        var order = (await answer.Content.ReadFromJsonAsync<ForceAnswer>(Cancel))!;
        order.To.ShouldBe("west");
        order.Grains.ShouldBe(10);
        var forced = await world.Heard.WaitForAsync<FailoverForced>("by ann");
        forced.Operator.ShouldBe("ann");
        forced.Reason.ShouldBe("the site burns");
        forced.OrderToken.ShouldBe(order.Token);
        (await world.Heard.WaitForAsync<FailoverCompleted>("by force")).Promoted.ShouldBe(10);
        (await world.CountAsync(grains, "west")).ShouldBe(10);
    }

    [Fact]
    public async Task A_silent_shard_keeps_neither_an_order_nor_a_plan_from_being_given()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync("w1", "west", ("Failover:Grace", "01:00:00"));
        await Until.IsReadyAsync(failover);
        await world.OwnAsync(10);
        world.Consensus.Fence("e1", "east");
        await Until.PhaseAsync(failover, "east", "primaryUnreachable");
        world.Directory.Silence(3);

        var plan = (await failover.GetFromJsonAsync<FailoverPlanAnswer>("/v1/plan", Cancel))!;
        plan.ShardsNotCounted.ShouldBe(1);
        plan.GrainsTotal.ShouldBeInRange(1, 10);
        using var answer = await failover.PostAsJsonAsync(
            FailoverRoutes.Force, new ForceRequest("east", "the site burns"), Cancel);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await answer.Content.ReadFromJsonAsync<ForceAnswer>(Cancel))!.Grains.ShouldBeNull();
        await world.Heard.WaitForAsync<FailoverForced>("in spite of the silent shard");
    }

    [Fact]
    public async Task An_order_that_makes_no_sense_is_refused_by_name()
    {
        await using var world = await IncidentWorld.StartAsync();
        world.Consensus.Live("s1", "south");
        using var failover = await world.FailoverAsync("w1", "west");
        await Until.IsReadyAsync(failover);
        world.Consensus.Fence("s1", "south");
        await Until.PhaseAsync(failover, "south", "promoted");

        foreach (var (order, code) in ((ForceRequest, string)[])
            [
                (new ForceRequest("east", "why"), "clusterAlive"),
                (new ForceRequest("nowhere", "why"), "clusterAlive"),
                (new ForceRequest("west", "why"), "invalidRequest"),
                (new ForceRequest("east", ""), "invalidRequest"),
                (new ForceRequest("a b", "why"), "invalidRequest"),
                (new ForceRequest("south", "why", To: "north"), "noLiveCluster"),
            ])
        {
            using var answer = await failover.PostAsJsonAsync(FailoverRoutes.Force, order, Cancel);
            var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel);
            problem.GetProperty("code").GetString().ShouldBe(code, order.ToString());
        }
    }

    [Fact]
    public async Task Who_owns_grains_and_is_not_known_to_anybody_is_shown_and_promoted_from_by_order_only()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync("w1", "west", ("Http:RequestsPerSecondMax", "1000000"));
        await Until.IsReadyAsync(failover);
        var session = world.Consensus.OpenNameless("south");
        var grains = await world.OwnAsync(20, "south", session.Id, session.Token);
        await Until.PhaseAsync(failover, "south", "monitoring");

        // A program of it lives: it is no more to be forced than any that is alive.
        using var refused = await failover.PostAsJsonAsync(
            FailoverRoutes.Force, new ForceRequest("south", "gone"), Cancel);
        refused.StatusCode.ShouldBe(HttpStatusCode.Conflict);

        world.Consensus.Expire(session.Id);
        await Until.HoldsAsync(
            failover,
            "/v1/clusters",
            answer => answer.GetProperty("clusters").EnumerateArray().Any(one =>
                one.GetProperty("cluster").GetString() == "south" &&
                one.TryGetProperty("refused", out var why) && why.GetString() == "nobodyKnown"),
            "that nobody of south is known");
        var plan = await failover.GetFromJsonAsync<FailoverPlanAnswer>("/v1/plan?from=south", Cancel);
        var south = plan!.Clusters.ShouldHaveSingleItem();
        (south.WouldAct, south.Refused, south.Grains).ShouldBe((false, "nobodyKnown", 20));
        (await world.CountAsync(grains, "south")).ShouldBe(20);

        using var answer = await failover.PostAsJsonAsync(
            FailoverRoutes.Force, new ForceRequest("south", "gone", Operator: "ann"), Cancel);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await world.Heard.WaitForAsync<FailoverForced>("by ann")).Operator.ShouldBe("ann");
        (await world.Heard.WaitForAsync<FailoverCompleted>("by force")).Promoted.ShouldBe(20);
        (await world.CountAsync(grains, "west")).ShouldBe(20);
    }

    [Fact]
    public async Task Only_an_operator_may_force()
    {
        await using var world = await IncidentWorld.StartAsync();
        var folder = System.IO.Directory.CreateTempSubdirectory("force");
        var (users, chiefs) = (Path.Combine(folder.FullName, "users"), Path.Combine(folder.FullName, "chiefs"));
        await File.WriteAllTextAsync(users, "a-user-of-this-installation-0001\n", Cancel);
        await File.WriteAllTextAsync(chiefs, "a-chief-of-this-installation-001\n", Cancel);
        using var failover = await world.FailoverAsync(
            "w1",
            "west",
            ("Auth:AllowAnonymous", "false"),
            ("Auth:TokenFile", users),
            ("Auth:OperatorTokenFile", chiefs));
        await Until.IsReadyAsync(failover);

        async Task<HttpStatusCode> ForceAsync(string? token)
        {
            failover.DefaultRequestHeaders.Authorization =
                token is null ? null : new AuthenticationHeaderValue("Bearer", token);
            using var answer = await failover.PostAsJsonAsync(
                FailoverRoutes.Force, new ForceRequest("east", "why"), Cancel);
            return answer.StatusCode;
        }

        (await ForceAsync(null)).ShouldBe(HttpStatusCode.Unauthorized);
        (await ForceAsync("a-user-of-this-installation-0001")).ShouldBe(HttpStatusCode.Forbidden);
        (await ForceAsync("a-chief-of-this-installation-001")).ShouldBe(HttpStatusCode.Conflict, "East lives.");
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_type_that_no_live_cluster_may_have_is_left_and_counted_and_moves_when_the_rule_is_relaxed()
    {
        await using var world = await IncidentWorld.StartAsync();
        world.Consensus.Define("graintype/order", """{"allowedClusters":["south"]}""");
        using var failover = await world.FailoverAsync("w1", "west");
        await Until.IsReadyAsync(failover);
        var grains = await world.OwnAsync(10);

        world.Consensus.Fence("e1", "east");
        var refused = await world.Heard.WaitForAsync<FailoverRefused>("for the rule");

        refused.Reason.ShouldBe("noAllowedCluster");
        refused.Detail.ShouldContain("order");
        (await world.CountAsync(grains, "east")).ShouldBe(10);
        await Until.HoldsAsync(
            failover,
            "/v1/clusters",
            answer => answer.GetProperty("clusters")[0].GetProperty("stranded").GetInt64() == 10,
            "word of what is stranded");
        world.Consensus.Define("graintype/order", """{"allowedClusters":["south","west"]}""");
        await world.Heard.WaitForAsync<FailoverCompleted>("with the new rule", one => one.Promoted == 10);
        (await world.CountAsync(grains, "west")).ShouldBe(10);
    }

    [Fact]
    public async Task A_brake_lets_its_share_through_and_says_that_it_holds_the_rest()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync(
            "w1", "west", ("Failover:BrakeShare", "0.25"), ("Failover:BrakeWindow", "01:00:00"));
        await Until.IsReadyAsync(failover);
        var grains = await world.OwnAsync(40);

        world.Consensus.Fence("e1", "east");
        var refused = await world.Heard.WaitForAsync<FailoverRefused>("of the brake");

        refused.Reason.ShouldBe("braked");
        (await world.CountAsync(grains, "west")).ShouldBe(10);
    }

    [Fact]
    public async Task A_brake_holds_back_the_next_holder_by_what_the_one_before_has_promoted()
    {
        await using var world = await IncidentWorld.StartAsync();
        (string, string)[] brake = [("Failover:BrakeShare", "0.25"), ("Failover:BrakeWindow", "01:00:00")];
        using var first = await world.FailoverAsync("w1", "west", brake);
        await Until.IsReadyAsync(first);
        var grains = await world.OwnAsync(40);
        world.Consensus.Fence("e1", "east");
        var before = await world.Heard.WaitForAsync<FailoverRefused>("of the first holder's brake");
        await world.ShutDownFailoverAsync("w1");

        using var second = await world.FailoverAsync("w2", "west", brake);
        var refused = await world.Heard.WaitForAsync<FailoverRefused>(
            "of the second holder's brake",
            one => string.CompareOrdinal(one.Sequence, before.Sequence) > 0);

        refused.Reason.ShouldBe("braked");
        refused.Detail.ShouldContain("10 of 40 grains");
        (await world.CountAsync(grains, "west")).ShouldBe(10);
    }

    [Fact]
    public async Task A_leased_grain_moves_when_its_session_has_ended_in_the_log_and_not_before()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync("w1", "west");
        await Until.IsReadyAsync(failover);
        var session = world.Consensus.Open("e1", "east");
        GrainId grain = new("seat", "12a");
        var answers = await world.Embedded.ClaimAsync(
            [new(grain) { Kind = Holdfast.Directory.GrainKind.Leased }],
            new ClusterId("east"),
            session.Id,
            session.Token,
            Cancel);
        answers.ShouldHaveSingleItem().Status.ShouldBe(Holdfast.Directory.DirectoryStatus.Ok);

        world.Consensus.Fence("e1", "east", cause: FenceCause.ProcessDeath);
        await Until.HoldsAsync(
            failover,
            "/v1/clusters",
            answer => answer.GetProperty("clusters")[0] is var east &&
                east.TryGetProperty("sweeps", out var sweeps) && sweeps.GetInt32() >= 2,
            "second pass");
        (await world.CountAsync([grain], "east")).ShouldBe(1);

        world.Consensus.Expire(session.Id);
        await world.Heard.WaitForAsync<FailoverCompleted>("after the lease", one => one.Promoted == 1);
        (await world.CountAsync([grain], "west")).ShouldBe(1);
    }
}
