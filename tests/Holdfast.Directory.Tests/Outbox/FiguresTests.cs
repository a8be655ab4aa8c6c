using Holdfast.Directory.Embedded;
using Holdfast.Directory.Http;
using Holdfast.Directory.Tests.Contract;
using Holdfast.Processes;
using Microsoft.Extensions.Logging.Abstractions;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Outbox;

/// <summary>What people see of the directory and its outbox: the figures that docs/metrics.md lists.</summary>
[Collection(Alone.Name)]
public sealed class FiguresTests
{
    private const string Outbox = "holdfast.directory.outbox";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Calls_and_the_outbox_move_every_figure_that_the_page_lists_with_its_unit_and_its_tags()
    {
        using var figures = new FigureLog("Holdfast.Directory");
        var directory = new WatchedDirectory(new EmbeddedGrainDirectory(new DirectoryOptions { Shards = 1 }))
        {
            Tampers = entry => entry.Seq == 2 ? entry with { Payload = "not a change" } : entry,
        };
        await directory.OpenShardAsync(0, FailoverWest, T(9), Floor, Cancel);
        foreach (var grain in Many(3)) await directory.ClaimAsync(grain, East, 11, 11);
        await RelayAsync(directory, new RecordingBus { Refuses = 1 });
        await CallNobodyAsync(figures);

        const string Claim = "holdfast.directory.operation=claim,holdfast.directory.status=ok";
        figures.Of("holdfast.directory.calls", Claim).Sum(figure => figure.Value).ShouldBe(3);
        figures.Of("holdfast.directory.call.duration", Claim).Count.ShouldBe(3);
        figures.Of("holdfast.directory.retries", "error.type=HttpRequestException").ShouldNotBeEmpty();
        figures.Of($"{Outbox}.published", "holdfast.event=GrainClaimed").Count.ShouldBe(2, "one of three is malformed");
        figures.Of($"{Outbox}.failures", "error.type=IOException").ShouldHaveSingleItem("the bus refused once");
        figures.Of($"{Outbox}.failures", "error.type=malformed").ShouldHaveSingleItem();
        figures.Of($"{Outbox}.lag").Count.ShouldBe(2);
        figures.Of($"{Outbox}.lag").ShouldAllBe(lag => lag.Value >= 0 && lag.Value < 60);
        var ages = figures.Of($"{Outbox}.age", "holdfast.directory.shard=00");
        ages[0].Value.ShouldBeGreaterThan(0);
        ages[^1].Value.ShouldBe(0, "nothing waits any more");
        var listed = MetricsPage.Listed("Directory");
        figures.Instruments.Select(one => (one.Name, one.Unit)).Distinct().ShouldBe(listed, ignoreOrder: true);
        figures.All.Select(figure => figure.Name).Distinct()
            .ShouldBe(listed.Select(one => one.Name), ignoreOrder: true);

        async Task RelayAsync(WatchedDirectory outboxes, RecordingBus bus)
        {
            using var stopping = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
            var relay = new OutboxRelay(
                outboxes, bus.PublishAsync, new OutboxRelayOptions(), NullLogger<OutboxRelay>.Instance);
            var running = relay.RunAsync(stopping.Token);
            relay.Own([0], FailoverWest, T(20));
            await figures.UntilAsync($"{Outbox}.age", "holdfast.directory.shard=00", age => age == 0);
            await stopping.CancelAsync();
            await running;
        }
    }

    private static async Task CallNobodyAsync(FigureLog figures)
    {
        using var directory = new HttpGrainDirectory(new DirectoryOptions
        {
            Shards = 1,
            Address = new Uri("http://127.0.0.1:1"),
            Deadline = TimeSpan.FromSeconds(20),
        });
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var calling = directory.ShardAsync(0, enough.Token);
        await figures.UntilAsync("holdfast.directory.retries", "error.type=HttpRequestException");
        await enough.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => calling);
    }
}

/// <summary>A meter is one for the whole process, so what others move is not in these figures.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
