using Holdfast.Hosting;
using Holdfast.Servers;

namespace Holdfast.Integration.Starts;

/// <summary>A wrong configuration stops the start, and everything wrong is told at once.</summary>
public sealed class WrongConfigurationTests
{
    private static readonly TimeSpan ExitPatience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("Gossip", "Gossip:LanInterval", "00:01:00", "Gossip:Observers", "0")]
    [InlineData("Consensus", "Consensus:ElectionTimeoutMin", "00:02:00", "Consensus:Heartbeat", "soon")]
    [InlineData("Failover", "Failover:Grace", "05:00:00", "Failover:CheckInterval", "-1")]
    public async Task A_service_names_each_wrong_key_with_its_value_and_does_not_start(
        string service, string key, string value, string otherKey, string otherValue)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Node:Id"] = "n 1",
            ["Node:Cluster"] = "west",
            ["Auth:AllowAnonymous"] = "true",
            ["Bus:Port"] = "99999",
            [key] = value,
            [otherKey] = otherValue,
        };
        await using var process = ServiceProcess.Start(service, service, FreePort.Next(), settings);

        (await process.ExitAsync(ExitPatience)).ShouldBe(HoldfastProgram.WrongConfigurationCode);

        var told = string.Join('\n', process.Errors.All);
        foreach (var (wrongKey, wrongValue) in new[]
                 {
                     ("Node:Id", "n 1"), ("Bus:Port", "99999"), (key, value), (otherKey, otherValue),
                 })
        {
            told.Split('\n').ShouldContain(
                line => line.Contains(wrongKey, StringComparison.Ordinal)
                    && line.Contains(wrongValue, StringComparison.Ordinal),
                $"{wrongKey} with {wrongValue} in:\n{told}");
        }

        told.ShouldContain("65535");
        told.ShouldNotContain("   at ");
    }
}
