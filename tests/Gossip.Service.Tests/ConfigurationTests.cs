using System.Net;
using System.Net.Sockets;
using Holdfast.Hosting;

namespace Holdfast.Gossip.Service.Tests;

public sealed class ConfigurationTests
{
    private const string Voter = "http://127.0.0.1:9";

    [Fact]
    public async Task Every_problem_is_named_with_key_value_and_range()
    {
        var settings = AgentHost.Quick("n1", "east", Voter, null);
        settings["Node:Rack"] = "no rack";
        settings["Gossip:PhiThreshold"] = "0";
        settings["Gossip:LanInterval"] = "00:00:02";
        settings["Gossip:Seeds"] = "somewhere";
        settings["Gossip:Advertise"] = "0.0.0.0:7946";
        settings["Gossip:SecretFile"] = "/no/such/file";
        settings["Gossip:SessionTtl"] = "00:00:01";
        settings["Gossip:SessionKeepAlive"] = "00:00:00.4";
        settings["Gossip:Interval"] = "00:00:01";

        var wrong = await Should.ThrowAsync<WrongConfigurationException>(() => AgentHost.StartAsync(settings));
        wrong.Problems.ShouldContain("Gossip:PhiThreshold is '0'; wanted is a number, from 1 to 16.");
        wrong.Problems.ShouldContain(
            "Gossip:WanInterval is '00:00:00.1200000'; wanted is at least Gossip:LanInterval ('00:00:02').");
        wrong.Problems.ShouldContain(
            "Gossip:QuietInterval is '00:00:00.2000000'; wanted is at least Gossip:LanInterval ('00:00:02').");
        wrong.Problems.ShouldContain(
            "Gossip:SessionKeepAlive is '00:00:00.4000000'; wanted is at most a third of Gossip:SessionTtl " +
            "('00:00:01').");
        wrong.Problems.ShouldContain("Gossip:Seeds has 'somewhere'; wanted is host:port, such as 10.0.0.1:7946.");
        wrong.Problems.ShouldContain(
            "Gossip:Advertise is '0.0.0.0:7946'; wanted is host:port or host, such as 10.0.0.1:7946, and no wildcard.");
        wrong.Problems.ShouldContain(
            "Node:Rack is 'no rack'; wanted is 1 to 128 characters of A-Z a-z 0-9 . _ -.");
        wrong.Problems.ShouldContain(problem => problem.StartsWith("Gossip:SecretFile is '/no/such/file'; wanted is"));
        wrong.Problems.ShouldContain(problem => problem.StartsWith("Gossip:Interval is not a setting;"));
        wrong.Problems.Count.ShouldBe(9);
    }

    [Fact]
    public void The_defaults_are_legal() => GossipRules.Problems(new GossipServiceOptions()).ShouldBeEmpty();

    [Fact]
    public async Task A_port_that_is_taken_stops_the_start_and_is_named()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var settings = AgentHost.Quick("n1", "east", Voter, null);
        settings["Gossip:Listen"] = taken.LocalEndPoint!.ToString();
        var failure = await Should.ThrowAsync<IOException>(() => AgentHost.StartAsync(settings));
        failure.Message.ShouldStartWith($"Gossip:Listen is '{taken.LocalEndPoint}' (UDP), which cannot be had");
    }

    [Fact]
    public async Task A_leave_wants_a_token_where_tokens_are_asked_for()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "0123456789abcdef", TestContext.Current.CancellationToken);
        var settings = AgentHost.Quick("n1", "east", Voter, null);
        settings.Remove("Auth:AllowAnonymous");
        settings["Auth:TokenFile"] = file;
        await using var agent = await AgentHost.StartAsync(settings);
        var response = await agent.Http.PostAsync("/v1/leave", null, TestContext.Current.CancellationToken);
        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        agent.Members.Current.Self!.Record.IsMember.ShouldBeTrue();
        File.Delete(file);
    }
}
