using Holdfast.Containers.Compose;

namespace Holdfast.Containers.Rights;

/// <summary>
/// Programs of a node share its processes, and must neither look into what its agent sees nor end it. Process 1 is the
/// agent.
/// </summary>
public sealed class SecretRightsTests(ComposeWorld compose)
{
    [Theory]
    [InlineData("accounts-west-1", "bus-gossip")]
    [InlineData("accounts-west-1", "gossip-secret")]
    [InlineData("accounts-west-1", "token-services")]
    [InlineData("handoff-edge-1", "bus-gossip")]
    [InlineData("handoff-edge-1", "gossip-secret")]
    [InlineData("handoff-edge-1", "token-services")]
    public async Task A_program_cannot_read_the_secrets_of_its_nodes_agent(string service, string secret)
    {
        var set = await compose.HealthyAsync();
        var program = await set.ContainerAsync(service);

        var ended = await Shell.RunAsync("docker", ["exec", program, "cat", $"/proc/1/root/run/secrets/{secret}"]);

        ended.Succeeded.ShouldBeFalse();
        ended.Said.ShouldContain("Permission denied");
        ended.Said.ShouldNotContain(set.Secret(secret));
    }

    [Theory]
    [InlineData("accounts-west-1")]
    [InlineData("handoff-edge-1")]
    public async Task A_program_cannot_signal_its_nodes_agent(string service)
    {
        var set = await compose.HealthyAsync();

        // Signal 0 only asks whether another would be allowed.
        var ended = await Shell.RunAsync(
            "docker", ["exec", await set.ContainerAsync(service), "sh", "-c", "kill -0 1"]);

        ended.Succeeded.ShouldBeFalse();
        ended.Said.ShouldContain("not permitted");
    }
}
