using Holdfast.Directory;
using Holdfast.Failover.Protocol;
using Holdfast.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace Holdfast.Failover.Service.Tests;

public sealed class FailoverOptionsTests
{
    [Fact]
    public void The_defaults_are_legal() => Problems().ShouldBeEmpty();

    [Fact]
    public void The_core_counts_on_as_many_grains_a_call_as_the_directory_moves() =>
        ShardCall.Promote.GrainsAtOnce.ShouldBe(DirectoryLimits.GrainsPerPromotion);

    [Fact]
    public void Every_problem_is_named_with_key_value_and_range()
    {
        var problems = Problems(
            ("Failover:Grace", "02:00:00"),
            ("Failover:ShardsInFlightMax", "1"),
            ("Failover:Graze", "00:00:01"));

        problems.ShouldContain("Failover:Grace");
        problems.ShouldContain("02:00:00");
        problems.ShouldContain("01:00:00");
        problems.ShouldContain("Failover:ShardsInFlightMax");
        problems.ShouldContain("Failover:Graze is not a setting");
    }

    [Theory]
    [InlineData("Failover:BackoffMax", "00:00:00.100",
        "Failover:BackoffMax (00:00:00.1000000) must be at least Failover:BackoffMin (00:00:00.2000000).")]
    [InlineData("OutboxRelay:PollIntervalMax", "00:00:00.010",
        "OutboxRelay:PollIntervalMax (00:00:00.0100000) must be at least OutboxRelay:PollIntervalMin " +
        "(00:00:00.0500000).")]
    [InlineData("OutboxRelay:RetryIntervalMax", "00:00:00.010",
        "OutboxRelay:RetryIntervalMax (00:00:00.0100000) must be at least OutboxRelay:RetryIntervalMin " +
        "(00:00:00.1000000).")]
    [InlineData("Failover:KeepAlive", "00:00:02",
        "Failover:KeepAlive (00:00:02) must be at most a third of Failover:SessionTtl (00:00:05).")]
    [InlineData("Failover:Watched:0", "west",
        "Failover:Watched has 'west', which is Node:Cluster; a cluster does not inherit from itself, so other " +
        "clusters are wanted.")]
    [InlineData("Failover:Watched:0", "a b",
        "Failover:Watched has 'a b'; cluster ids of 1 to 128 characters of A-Z a-z 0-9 . _ - are wanted.")]
    public void Relations_between_options_are_checked(string key, string value, string problem) =>
        Problems((key, value)).ShouldContain(problem);

    [Fact]
    public void Options_have_the_section_of_the_documentation() => FailoverOptions.Section.ShouldBe("Failover");

    // The whole message with which the host refuses to start; empty when it does not.
    private static string Problems(params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Node:Id"] = "w1",
            ["Node:Cluster"] = "west",
            ["Auth:AllowAnonymous"] = "true",
            ["Bus:Transport"] = "memory",
            ["ConsensusClient:Endpoints:0"] = "http://127.0.0.1:1",
        });
        builder.Configuration.AddInMemoryCollection(
            settings.Select(setting => KeyValuePair.Create<string, string?>(setting.Key, setting.Value)));
        builder.AddHoldfastDefaults("failover", telemetry: false);
        builder.AddHoldfastBus();
        builder.AddFailover();
        using var app = (IDisposable)builder.Build();
        try
        {
            ((WebApplication)app).MapHoldfastDefaults();
            return "";
        }
        catch (WrongConfigurationException wrong)
        {
            return wrong.Message;
        }
    }
}
