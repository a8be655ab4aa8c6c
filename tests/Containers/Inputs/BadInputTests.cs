using Holdfast.Containers.Compose;

namespace Holdfast.Containers.Inputs;

/// <summary>What an operator may get wrong: each is told in a sentence and ends cleanly.</summary>
public sealed class BadInputTests(ComposeWorld compose)
{
    private const int WrongConfigurationCode = 78;

    [Fact]
    public async Task A_missing_secret_is_named()
    {
        var set = await compose.HealthyAsync();

        var ended = await set.RunOnceAsync("failover-west", "Auth__TokenFile=/run/secrets/nobody-made-this");

        ended.Code.ShouldBe(WrongConfigurationCode, ended.Said);
        ended.Said.ShouldContain("Auth:TokenFile is '/run/secrets/nobody-made-this'");
        ended.Said.ShouldNotContain("   at ");
    }

    [Theory]
    [InlineData("failover-west", "Directory__PasswordFile=/run/secrets/bus-failover", "Redis at redis:6379")]
    [InlineData("recovery-west", "Directory__PasswordFile=/run/secrets/bus-recovery", "Redis at redis:6379")]
    [InlineData("failover-west", "Bus__PasswordFile=/run/secrets/redis-failover", "RabbitMQ at rabbitmq:5672")]
    [InlineData("recovery-west", "Bus__PasswordFile=/run/secrets/redis-recovery", "RabbitMQ at rabbitmq:5672")]
    public async Task A_wrong_password_is_told_in_one_line_and_ends_the_start(
        string service, string setting, string server)
    {
        var set = await compose.HealthyAsync();
        var key = setting.Split('=')[0].Replace("__", ":", StringComparison.Ordinal);

        var ended = await set.RunOnceAsync(service, setting);

        ended.Code.ShouldBe(WrongConfigurationCode, ended.Said);
        var told = ended.Said.Split('\n').Where(line => line.Contains("does not take the password")).ToList();
        told.ShouldHaveSingleItem().ShouldContain($"{server} does not take the password that {key}");
        ended.Said.ShouldNotContain("   at ");
        set.SecretValues().ShouldAllBe(secret => !ended.Said.Contains(secret));
    }

    [Theory]
    [InlineData("0", "toaster")]
    [InlineData("1", "toaster")]
    [InlineData("0", "")]
    [InlineData("1", "")]
    public async Task An_unknown_service_is_refused_with_the_names_there_are_by_both_builders(
        string buildKit, string service)
    {
        Assert.SkipWhen(await Engine.WhyNotAsync() is not null, "No engine, or no images.");

        string[] build = ["build", "--force-rm", "--build-arg", $"SERVICE={service}", Engine.Root];
        var ended = await Shell.RunAsync(
            "docker",
            build,
            new Dictionary<string, string?>(StringComparer.Ordinal) { ["DOCKER_BUILDKIT"] = buildKit });

        ended.Code.ShouldNotBe(0);
        ended.Said.ShouldContain($"The build argument SERVICE is '{service}'; wanted is one of: consensus, gossip,");
    }

    [Fact]
    public async Task A_second_set_on_the_same_ports_says_which_port_is_taken()
    {
        var set = await compose.HealthyAsync();
        var second = new ComposeSet($"{set.Project}-second", set.Ports, set.Secrets);
        try
        {
            var ended = await second.ComposeAsync("up", "--detach", "--no-build", "redis");

            ended.Code.ShouldNotBe(0);
            ended.Said.ShouldContain($"{set.Ports}79");
            ended.Said.ShouldContain("port is already allocated");
            (await second.RunningAsync()).ShouldBeEmpty();
        }
        finally
        {
            await second.ComposeAsync("down", "--volumes", "--timeout", "1");
        }
    }

    [Fact]
    public void Every_published_port_is_published_once()
    {
        ComposeFile.Ports.Count.ShouldBeGreaterThan(20);
        ComposeFile.Ports.ShouldBeUnique();
    }
}
