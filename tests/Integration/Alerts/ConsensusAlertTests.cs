using Holdfast.Client.Bus;
using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Hosting;
using Holdfast.Servers;

namespace Holdfast.Integration.Alerts;

/// <summary>What a subscriber hears of the voters: real ones as processes, and a real broker.</summary>
public sealed class ConsensusAlertTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task A_subscriber_hears_that_a_voter_failed_that_it_is_back_and_that_another_leads()
    {
        await using var rabbit = await TestServers.Current.StartRabbitMqAsync();
        await using var redis = await TestServers.Current.StartRedisAsync();
        using var settings = new SystemSettings(rabbit, redis);
        var voters = settings.Voters.ToDictionary(
            static voter => voter.Id, voter => Start(settings, voter), StringComparer.Ordinal);
        var heard = new Sightings<ConsensusAlert>();
        await using var subscriber = HoldfastSubscriber
            .Connect(new BusOptions { Host = rabbit.Host, Port = rabbit.Port }, $"alerts-{Guid.NewGuid():N}")
            .On<ConsensusAlert>((alert, _) =>
            {
                heard.Add(alert);
                return Task.CompletedTask;
            });
        try
        {
            await subscriber.WhenReadyAsync();
            await Task.WhenAll(voters.Values.Select(static voter => voter.ReadyAsync()));
            var leader = await LeaderAsync(voters);
            var follower = settings.Voters.First(voter => voter.Id != leader);

            await StopAsync(voters, follower.Id);
            var failed = await heard.ExpectAsync(
                "the failure of a follower", alert => Tells(alert, "nodeFailed", follower.Id), Patience);
            failed.Standing.ShouldNotBeNull().ShouldContain($"nodeFailed {follower.Id}");

            voters[follower.Id] = Start(settings, follower);
            var back = await heard.ExpectAsync(
                "its return", alert => Tells(alert, "nodeRecovered", follower.Id), Patience);
            back.Standing.ShouldNotBeNull().ShouldNotContain($"nodeFailed {follower.Id}");

            var last = await LeaderAsync(voters);
            await StopAsync(voters, last);
            var changed = await heard.ExpectAsync(
                $"another leader than {last}",
                alert => alert.Kind == "leaderChanged" && alert.PreviousLeader == last && alert.Term > back.Term,
                Patience);
            changed.NodeId.ShouldNotBe(last);
        }
        finally
        {
            foreach (var voter in voters.Values) await voter.DisposeAsync();
        }
    }

    private static bool Tells(ConsensusAlert alert, string kind, string about) =>
        alert.Kind == kind && alert.AboutNodeId == about;

    private static ServiceProcess Start(SystemSettings settings, VoterPlace place)
    {
        var own = settings.Voter(place);
        own["Consensus:Alerts:SettleFor"] = "00:00:01";
        return ServiceProcess.Start("Consensus", place.Id, place.HttpPort, own);
    }

    private static async Task StopAsync(Dictionary<string, ServiceProcess> voters, string id)
    {
        voters.Remove(id, out var voter);
        await voter!.DisposeAsync();
    }

    private static Task<string> LeaderAsync(Dictionary<string, ServiceProcess> voters) => Eventually.SeesAsync(
        "one leader",
        async cancel =>
        {
            foreach (var (id, voter) in voters)
            {
                var status = await voter.GetAsync(ConsensusRoutes.Status, cancel);
                if (status.GetProperty("role").GetString() == "leader") return id;
            }

            return "";
        },
        static leader => leader.Length > 0,
        Patience);
}
