using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Holdfast.Client;
using Holdfast.Contracts.Http;
using Holdfast.Servers;

namespace Holdfast.Integration.Hints;

/// <summary>
/// What agents say on the bus of the machine that the leader lives on: real voters as processes, a real broker, and
/// election timeouts so long that an election within them was started by no silence.
/// </summary>
public sealed class BusHintTests
{
    private static readonly TimeSpan ElectionTimeoutMin = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task News_of_the_leaders_machine_deposes_nobody_who_is_heard_and_is_acted_on_at_once_when_not()
    {
        await using var rabbit = await TestServers.Current.StartRabbitMqAsync();
        await using var redis = await TestServers.Current.StartRedisAsync();
        using var settings = new SystemSettings(rabbit, redis);
        var voters = settings.Voters.ToDictionary(
            voter => voter.Id,
            voter => ServiceProcess.Start("Consensus", voter.Id, voter.HttpPort, SettingsOf(settings, voter)),
            StringComparer.Ordinal);
        try
        {
            await Task.WhenAll(voters.Values.Select(voter => voter.ReadyAsync()));
            await using var news = await NewsOfMachines.StartAsync(rabbit);
            using var client = new ConsensusClient(settings.ConsensusClient);
            var (leader, term) = await LeaderAsync(voters.Values);
            var followers = voters.Where(voter => voter.Key != leader).Select(voter => voter.Value).ToList();

            // The leader is heard, so nothing but the log shows that each of the three came.
            await news.SuspectedAsync(MachineOf(leader));
            await news.DownAsync(MachineOf(leader));
            await news.ProcessDownAsync(MachineOf(leader), "consensus");
            await Task.WhenAll(followers.Select(follower => HintedAsync(follower, leader, times: 3)));
            for (var i = 0; i < 20; i++) await WriteAsync(client, $"while it is heard {i}");
            (await LeaderAsync(voters.Values)).ShouldBe((leader, term));

            // Of another program there, and of another machine: no hints at all.
            await news.ProcessDownAsync(MachineOf(leader), "something-else");
            await news.DownAsync("machine-of-nobody");
            await WriteAsync(client, "after news of others");

            var stopped = Stopwatch.GetTimestamp();
            await voters[leader].PauseAsync();
            await news.DownAsync(MachineOf(leader));
            await Task.WhenAll(followers.Select(follower => HintedAsync(follower, leader, times: 4)));
            var (next, later) = await LeaderAsync(followers, after: term);

            Stopwatch.GetElapsedTime(stopped).ShouldBeLessThan(ElectionTimeoutMin);
            (next, later).ShouldNotBe((leader, term));
            later.ShouldBe(term + 1);
            await WriteAsync(client, "under the next leader");
            foreach (var follower in followers) HintsOf(follower, leader).ShouldBe(4);
        }
        finally
        {
            foreach (var voter in voters.Values) await voter.DisposeAsync();
        }
    }

    private static string MachineOf(string voter) => $"machine-of-{voter}";

    private static Dictionary<string, string> SettingsOf(SystemSettings settings, VoterPlace place)
    {
        var own = settings.Voter(place);

        // Hinted, a voter asks after two heartbeats of silence: long for a leader that is only slow, and well within
        // the timeout.
        own["Consensus:Heartbeat"] = "00:00:03";
        own["Consensus:ElectionTimeoutMin"] = ElectionTimeoutMin.ToString();
        own["Consensus:ElectionTimeoutMax"] = (1.2 * ElectionTimeoutMin).ToString();
        for (var i = 0; i < settings.Voters.Count; i++)
            own[$"Consensus:Voters:{i}:Agent"] = MachineOf(settings.Voters[i].Id);
        return own;
    }

    private static Task<IReadOnlyList<string>> HintedAsync(ServiceProcess follower, string leader, int times) =>
        follower.Output.ExpectAsync(
            $"{follower.Name} hinted {times} times",
            (IReadOnlyList<string> _) => HintsOf(follower, leader) >= times,
            Patience);

    private static int HintsOf(ServiceProcess follower, string leader) =>
        follower.Output.All.Count(line => line.Contains($"the leader {leader} may be dead: Suspected"));

    private static async Task WriteAsync(ConsensusClient client, string key)
    {
        var request = new OpenSessionRequest { Cluster = "east", Name = key, Ttl = TimeSpan.FromMinutes(5) };
        (await client.OpenSessionAsync(request, TestContext.Current.CancellationToken)).Refusal.ShouldBeNull();
    }

    /// <summary>Whom one of these says that it is, with its term, once that is later than another.</summary>
    private static async Task<(string Leader, ulong Term)> LeaderAsync(
        IEnumerable<ServiceProcess> voters, ulong after = 0)
    {
        var all = voters.ToList();
        var statuses = await Eventually.SeesAsync(
            $"a leader after term {after}",
            async cancel => new Statuses(
                await Task.WhenAll(all.Select(voter => voter.GetAsync(ConsensusRoutes.Status, cancel)))),
            seen => seen.Leader is { } leader && leader.Term > after,
            Patience);
        return statuses.Leader!.Value;
    }

    private sealed record Statuses(IReadOnlyList<JsonElement> All)
    {
        public (string Node, ulong Term)? Leader => All
            .Where(status => status.GetProperty("role").GetString() == "leader")
            .Select(status => (status.GetProperty("node").GetString()!, status.GetProperty("term").GetUInt64()))
            .Cast<(string, ulong)?>()
            .FirstOrDefault();

        public override string ToString() => string.Join(
            ", ", All.Select(status => string.Create(CultureInfo.InvariantCulture, $"{status}")));
    }
}
