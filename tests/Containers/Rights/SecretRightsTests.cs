using Holdfast.Containers.Compose;

namespace Holdfast.Containers.Rights;

/// <summary>Programs of a node share its processes and must not look into what its agent sees.</summary>
public sealed class SecretRightsTests(ComposeWorld compose)
{
    [Theory]
    [InlineData("bus-gossip")]
    [InlineData("gossip-secret")]
    [InlineData("token-services")]
    public async Task A_program_cannot_read_the_secrets_of_its_nodes_agent(string secret)
    {
        var set = await compose.HealthyAsync();
        var program = await set.ContainerAsync("accounts-west-1");

        var ended = await Shell.RunAsync("docker", ["exec", program, "cat", $"/proc/1/root/run/secrets/{secret}"]);

        ended.Succeeded.ShouldBeFalse();
        ended.Said.ShouldContain("Permission denied");
        ended.Said.ShouldNotContain(set.Secret(secret));
    }
}
