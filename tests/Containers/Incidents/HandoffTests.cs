using Holdfast.Containers.Audits;
using Holdfast.Containers.Bus;
using Holdfast.Containers.Compose;
using Holdfast.Containers.Telemetry;
using Holdfast.Contracts;
using Holdfast.Integration.Subscribers;

namespace Holdfast.Containers.Incidents;

/// <summary>A user asks by command for another build of a running daemon, and nobody who uses it notices.</summary>
public sealed class HandoffTests(ComposeWorld compose)
{
    private const string Node = "edge-1";
    private const string Daemon = "counter";
    private const string UnhealthyBuild = "1.2.0-unhealthy";
    private const int CounterPort = 8083;

    private static readonly string[] Builds = ["1.0.0", "1.1.0"];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_daemon_is_handed_to_another_build_under_load_without_a_failed_request()
    {
        var cancel = TestContext.Current.CancellationToken;
        var set = await compose.HealthyAsync();
        using var dashboard = await Dashboard.StartAsync(set);
        var users = await BusUser.OfAsync(set, "users");
        await using var subscriber = await users.SubscribeAsync(
            typeof(HandoffStarted), typeof(HandoffCommitted), typeof(HandoffAborted), typeof(WorkloadDown));
        var counter = await set.AddressAsync(Node, CounterPort);
        var before = await CounterLoad.ReadAsync(counter, cancel);
        var build = Builds.First(other => other != before.Build);
        await using var load = new CounterLoad(counter);

        var (kind, answer) = await users.SendAsync("request-handoff", new { nodeId = Node, daemon = Daemon, build });

        kind.ShouldBe(nameof(CommandAccepted), answer.GetRawText());
        var committed = await EndsOnOneTraceAsync<HandoffCommitted>(subscriber.Events);
        committed.Text("successorBuild").ShouldBe(build);
        await Eventually.SeesAsync(
            "the counter served by the other build",
            stop => CounterLoad.ReadAsync(counter, stop),
            state => state.Build == build,
            Patience);
        await load.EndAsync();
        load.Failures.ShouldBeEmpty();
        load.Added.ShouldBePositive();
        var after = await CounterLoad.ReadAsync(counter, cancel);
        after.ProcessId.ShouldNotBe(before.ProcessId);
        after.Value.ShouldBe(before.Value + load.Added);
        await new WatchedDaemon(set, Node, Daemon, counter).IsFirstHeardOfWhenKilledAsync(after, subscriber.Events);
        await dashboard.ReceivesAllOfAsync("holdfast-handoff");
        await Health.DemandAsync(set);
    }

    [Fact]
    public async Task A_build_that_is_not_healthy_is_given_up_and_the_old_one_serves_on_without_a_failed_request()
    {
        var cancel = TestContext.Current.CancellationToken;
        var set = await compose.HealthyAsync();
        var users = await BusUser.OfAsync(set, "users");
        await using var subscriber = await users.SubscribeAsync(
            typeof(HandoffStarted), typeof(HandoffCommitted), typeof(HandoffAborted), typeof(WorkloadDown));
        var counter = await set.AddressAsync(Node, CounterPort);
        var before = await CounterLoad.ReadAsync(counter, cancel);
        await using var load = new CounterLoad(counter);

        var (kind, answer) = await users.SendAsync(
            "request-handoff", new { nodeId = Node, daemon = Daemon, build = UnhealthyBuild });

        kind.ShouldBe(nameof(CommandAccepted), answer.GetRawText());
        var aborted = await EndsOnOneTraceAsync<HandoffAborted>(subscriber.Events);
        aborted.Text("successorBuild").ShouldBe(UnhealthyBuild);
        aborted.Text("incumbentBuild").ShouldBe(before.Build);
        var addedBefore = load.Added;
        await Eventually.SeesAsync(
            "more additions to the old build",
            _ => Task.FromResult(load.Added),
            added => added > addedBefore + 10,
            Patience);
        await load.EndAsync();
        load.Failures.ShouldBeEmpty();
        var after = await CounterLoad.ReadAsync(counter, cancel);
        after.ShouldBe(before with { Value = before.Value + load.Added });
        await new WatchedDaemon(set, Node, Daemon, counter).IsFirstHeardOfWhenKilledAsync(after, subscriber.Events);
        subscriber.Events.All.ShouldNotContain(
            item => item.Exchange == EventIdentity.ExchangeOf(typeof(HandoffCommitted)));
        await Health.DemandAsync(set);
    }

    [Fact]
    public async Task A_build_that_does_not_exist_is_refused_by_its_name()
    {
        var users = await compose.BusAsync("users");

        var (kind, answer) = await users.SendAsync(
            "request-handoff", new { nodeId = Node, daemon = Daemon, build = "../../etc" });

        kind.ShouldBe(nameof(CommandRefused), answer.GetRawText());
        answer.GetProperty("legal").GetString().ShouldNotBeNullOrEmpty();
    }

    private static async Task<SeenEvent> EndsOnOneTraceAsync<T>(Sightings<SeenEvent> events)
        where T : IEvent
    {
        var ended = await events.ExpectAsync(
            typeof(T).Name, item => item.Exchange == EventIdentity.ExchangeOf(typeof(T)), Patience);
        var started = await events.ExpectAsync(
            nameof(HandoffStarted),
            item => item.Exchange == EventIdentity.ExchangeOf(typeof(HandoffStarted))
                && item.Text("handoffId") == ended.Text("handoffId"),
            Patience);
        ended.TraceId.Length.ShouldBe(32);
        started.TraceId.ShouldBe(ended.TraceId);
        return ended;
    }
}
