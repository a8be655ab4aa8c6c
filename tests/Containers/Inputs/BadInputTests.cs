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

    [Fact]
    public async Task A_wrong_password_is_told_and_ends_the_start()
    {
        var set = await compose.HealthyAsync();

        var ended = await set.RunOnceAsync("failover-west", "Directory__PasswordFile=/run/secrets/bus-failover");

        ended.Code.ShouldBe(WrongConfigurationCode, ended.Said);
        ended.Said.ShouldContain("does not take the password that Directory:PasswordFile");
        ended.Said.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task An_unknown_service_is_refused_with_the_names_there_are()
    {
        Assert.SkipWhen(await Engine.WhyNotAsync() is not null, "No engine, or no images.");

        string[] build = ["build", "--force-rm", "--build-arg", "SERVICE=toaster", Engine.Root];
        var ended = await Shell.RunAsync("docker", build);

        ended.Code.ShouldNotBe(0);
        ended.Said.ShouldContain("The build argument SERVICE is 'toaster'; wanted is one of:");
        ended.Said.ShouldContain("gossip");
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
        }
        finally
        {
            await second.ComposeAsync("down", "--volumes", "--timeout", "1");
        }
    }
}
