using System.Net.Http.Json;
using System.Text.Json;
using Holdfast.Consensus.Service.Tests.Raft;
using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Tests.Service;

/// <summary>What real voters tell operators on the bus.</summary>
public sealed class AlertServiceTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    private static readonly (string Key, string? Value)[] Quick =
    [
        ("Consensus:Alerts:NodeSilence", "00:00:01"),
        ("Consensus:Alerts:LeaderlessFor", "00:00:00.500"),
        ("Consensus:Alerts:SettleFor", "00:00:01"),
    ];

    [Fact]
    public async Task A_leader_tells_of_a_voter_that_fails_and_answers_again()
    {
        await using var group = await ConsensusGroup.StartAsync(3, [.. Quick, .. ConsensusGroup.Calm]);
        var leader = await group.LeaderAsync();
        var victim = group.Names.First(name => name != leader);
        var changed = await group.SeeAlertAsync(alert => alert.Kind == "leaderChanged");
        (changed.Subject, changed.Source, changed.NodeId).ShouldBe(
            ($"consensus/{changed.NodeId}", $"consensus/{changed.NodeId}", changed.AboutNodeId));

        await group.StopAsync(victim);
        var failed = await group.SeeAlertAsync(alert => alert.Kind == "nodeFailed" && alert.AboutNodeId == victim);
        failed.Standing.ShouldNotBeNull().ShouldContain($"nodeFailed {victim}");
        failed.Evidence.ShouldContain("has not answered for");
        var told = await group.Client.StatusAsync(None, new Uri(group.AddressOf(failed.NodeId)));
        told.Alerts.ShouldContain($"nodeFailed {victim}");
        var ready = await group.Http.GetFromJsonAsync<JsonElement>(group.Url(failed.NodeId, "/readyz"), None);
        ready.GetProperty("warnings").ToString().ShouldContain($"nodeFailed {victim}");

        await group.StartAsync(victim);
        var again = await group.SeeAlertAsync(alert => alert.Kind == "nodeRecovered" && alert.AboutNodeId == victim);
        again.Standing.ShouldNotBeNull().ShouldNotContain($"nodeFailed {victim}");
        if (again.NodeId == failed.NodeId)
            string.CompareOrdinal(again.Sequence, failed.Sequence).ShouldBePositive("The newest of a subject wins.");
    }

    [Fact]
    public async Task Who_is_left_without_a_quorum_tells_so_and_that_it_is_back_although_the_bus_was_away()
    {
        await using var group = await ConsensusGroup.StartAsync(3, Quick);
        var left = await group.LeaderAsync();
        var others = group.Names.Where(name => name != left).ToList();
        group.Bus.Away = true;
        foreach (var name in others) await group.StopAsync(name);
        await group.Until(left, status => status.Alerts.Contains("quorumLost"));
        group.Bus.Away = false;

        var lost = await group.SeeAlertAsync(alert => alert.Kind == "quorumLost" && alert.NodeId == left);
        (lost.Voters, lost.Standing).ShouldBe((3, lost.Standing));
        lost.Reachable.ShouldNotBeNull().ShouldBeLessThan(3);

        foreach (var name in others) await group.StartAsync(name);
        await group.SeeAlertAsync(alert => alert.Kind == "quorumRestored" && alert.NodeId == left);
        await group.Until(left, static status => !status.Alerts.Contains("quorumLost"));
    }

    [Fact]
    public async Task A_leadership_that_was_handed_on_is_told_by_the_new_leader_with_the_old_one()
    {
        await using var group = await ConsensusGroup.StartAsync(3, Quick);
        var first = await group.LeaderAsync();
        var second = group.Names.First(name => name != first);
        (await group.Client.TransferLeadershipAsync(new NodeId(second), None)).Demand();

        var changed = await group.SeeAlertAsync(alert =>
            alert.Kind == "leaderChanged" && alert.NodeId == second && alert.PreviousLeader == first);
        changed.Evidence.ShouldContain($", after {first}.");
    }

    [Fact]
    public async Task A_damaged_log_that_refuses_the_start_is_told()
    {
        await using var group = await ConsensusGroup.StartAsync(1, Quick);
        (await group.Client.PutDefinitionAsync("a", "1", None)).Demand();
        await group.StopAsync("v1");
        group.DamageLog("v1");

        await Should.ThrowAsync<InvalidDataException>(() => group.StartAsync("v1"));

        var corrupt = await group.SeeAlertAsync(static alert => alert.Kind == "corruptionFound");
        corrupt.Evidence.ShouldContain("v1 did not start");
    }

    [Fact]
    public async Task Who_lost_its_log_and_knows_of_no_others_starts_says_so_and_decides_nothing()
    {
        await using var group = await ConsensusGroup.StartAsync(
            1, [.. Quick, ("Consensus:CorruptionPolicy", "Truncate")]);
        (await group.Client.PutDefinitionAsync("a", "1", None)).Demand();
        await group.StopAsync("v1");
        group.DamageLog("v1");
        await group.StartAsync("v1");

        var corrupt = await group.SeeAlertAsync(static alert => alert.Kind == "corruptionFound");
        corrupt.Evidence.ShouldContain("names no other voter; if there was never one, restore the group from a backup");
        var told = await group.Client.StatusAsync(None, new Uri(group.AddressOf("v1")));
        (told.Recovering, told.Leader).ShouldBe((true, null));
        told.LogProblem.ShouldNotBeNull().ShouldContain("names no other voter");
        using var ready = await group.Http.GetAsync(group.Url("v1", "/readyz"), None);
        (await ready.Content.ReadAsStringAsync(None)).ShouldContain("names no other voter");
    }
}

/// <summary>What the tests of alerts ask of a group.</summary>
internal static class AlertGroupExtensions
{
    public static async Task<ConsensusAlert> SeeAlertAsync(
        this ConsensusGroup group, Func<ConsensusAlert, bool> wanted)
    {
        var seen = await group.Bus.SeeAsync(one => one is ConsensusAlert alert && wanted(alert))
            .OrFailAsync("the alert is told");
        return (ConsensusAlert)seen.Event;
    }

    /// <summary>Asks a voter for its status until it is as wanted.</summary>
    public static async Task Until(this ConsensusGroup group, string voter, Func<ConsensusStatus, bool> wanted)
    {
        var at = new Uri(group.AddressOf(voter));
        for (var watch = System.Diagnostics.Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(30);)
            if (wanted(await group.Client.StatusAsync(CancellationToken.None, at))) return;
        throw new TimeoutException($"Within 30 s the status of {voter} did not become what was wanted.");
    }
}
