using Holdfast.Servers;

namespace Holdfast.Integration.Starts;

/// <summary>The order in which things are started is nobody's business.</summary>
public sealed class MissingServersTests
{
    [Fact]
    public async Task Services_that_start_first_say_what_they_wait_for_and_are_well_when_it_appears()
    {
        await using var rabbit = await TestServers.Current.StartRabbitMqAsync();
        await using var redis = await TestServers.Current.StartRedisAsync();
        await rabbit.StopAsync();
        await redis.StopAsync();
        using var settings = new SystemSettings(rabbit, redis);
        await using var agent = Agent(settings);
        await using var failover = ServiceProcess.Start(
            "Failover", "failover-west", FreePort.Next(), settings.Failover("west-1", "west"));

        await agent.WaitsForAsync("consensus", "bus", $"RabbitMQ at {rabbit.Host}:{rabbit.Port}");
        await failover.WaitsForAsync("consensus", "directory", "bus", $"RabbitMQ at {rabbit.Host}:{rabbit.Port}");

        var voters = settings.Voters
            .Select(voter => ServiceProcess.Start("Consensus", voter.Id, voter.HttpPort, settings.Voter(voter)))
            .ToList();
        try
        {
            await voters[0].WaitsForAsync("bus", $"RabbitMQ at {rabbit.Host}:{rabbit.Port}");
            await rabbit.RestartAsync();
            await Task.WhenAll(voters.Append(agent).Select(process => process.ReadyAsync()));
            await failover.WaitsForAsync("directory");

            await redis.RestartAsync();
            await failover.ReadyAsync();
        }
        finally
        {
            foreach (var voter in voters) await voter.DisposeAsync();
        }
    }

    private static ServiceProcess Agent(SystemSettings settings)
    {
        var listen = $"127.0.0.1:{FreePort.Next()}";
        return ServiceProcess.Start(
            "Gossip", "west-1", FreePort.Next(), settings.Agent("west-1", "west", listen, seeds: []));
    }
}
