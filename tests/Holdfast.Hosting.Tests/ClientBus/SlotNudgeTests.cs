using System.Net;
using System.Net.Http.Json;
using Holdfast.Client;
using Holdfast.Client.Bus;
using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Hosting.Tests.Bus;
using Holdfast.Primitives;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Hosting.Tests.ClientBus;

/// <summary>What an order on the bus does to a host of slots: it syncs, and does nothing else.</summary>
public sealed class SlotNudgeTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_order_for_its_node_has_a_host_sync_at_once_and_start_nothing_by_itself()
    {
        using var services = new PaperServices();
        using var consensus = new ConsensusClient(
            new ConsensusClientOptions { Endpoints = ["http://consensus"] }, services);
        await using var session = await HoldfastSession.OpenAsync(
            consensus,
            new HoldfastSessionOptions
            {
                Cluster = new ClusterId("east"),
                Node = new NodeId("east-1"),
                Generation = new Generation(7),
            },
            Cancel);
        var options = new SlotHostOptions { Endpoints = ["http://recovery"], Interval = TimeSpan.FromMinutes(1) };
        using var host = new SlotHost(options, new NoProgram(), handler: services);
        await using var bus = EventBus.Open(
            new BusOptions { Transport = BusTransport.Memory }, NullLoggerFactory.Instance);
        await using var subscriber = new HoldfastSubscriber(bus, "accounts-east-1");
        await subscriber.Nudge(host, new NodeId("east-1")).WhenReadyAsync();
        using var end = new CancellationTokenSource();
        var hosting = host.RunAsync(session, end.Token);
        await services.Syncs.NextAsync("the first sync");

        var start = await bus.SendAsync(Sample.Start("east-1"), Cancel);
        await services.Syncs.NextAsync("the sync after the order to start");
        var stop = await bus.SendAsync(Stop("east-1"), Cancel);
        var last = await services.Syncs.NextAsync("the sync after the order to stop");

        start.ShouldBeOfType<CommandAccepted>();
        stop.ShouldBeOfType<CommandAccepted>();
        last.Running.ShouldBeEmpty();
        await end.CancelAsync();
        await hosting;
    }

    [Fact]
    public void A_bus_without_commands_says_so()
    {
        using var host = new SlotHost(new SlotHostOptions { Endpoints = ["http://recovery"] }, new NoProgram());
        var subscriber = new HoldfastSubscriber(new EventsOnly(), "accounts");

        Should.Throw<InvalidOperationException>(() => subscriber.Nudge(host, new NodeId("east-1")))
            .Message.ShouldBe("This bus carries no commands.");
    }

    private static StopSlot Stop(string node)
    {
        var start = Sample.Start(node);
        return new StopSlot
        {
            CommandId = Guid.NewGuid(),
            Group = start.Group,
            Slot = start.Slot,
            NodeId = node,
            Epoch = start.Epoch,
        };
    }

    private sealed class NoProgram : ISlotProgram
    {
        public Task StartAsync(SlotRun run, CancellationToken cancel) =>
            throw new InvalidOperationException($"Nobody ordered {run} in a sync.");

        public Task StopAsync(SlotRun run, CancellationToken cancel) =>
            throw new InvalidOperationException($"Nobody ordered {run} in a sync.");
    }

    private sealed class EventsOnly : IEventSubscriber
    {
        public IAsyncDisposable Subscribe<T>(string queue, Func<T, EventContext, CancellationToken, Task> handle)
            where T : class, IEvent => throw new NotSupportedException("The test subscribes to nothing.");
    }

    /// <summary>Consensus and Recovery as far as a host that has nothing needs them.</summary>
    private sealed class PaperServices : HttpMessageHandler
    {
        public Received<SlotHostSync> Syncs { get; } = new();

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.RequestUri!.Host == "consensus") return Says(Session());
            Syncs.Add((await request.Content!.ReadFromJsonAsync<SlotHostSync>(cancellationToken))!);
            return Says(new SlotHostAnswer { Slots = [] });
        }

        private static HttpResponseMessage Says<T>(T answer) =>
            new(HttpStatusCode.OK) { Content = JsonContent.Create(answer) };

        private static SessionAnswer Session() => new()
        {
            Session = "0000000000000010",
            Token = "0000000000000010",
            Cluster = "east",
            Ttl = TimeSpan.FromSeconds(5),
            Agent = false,
            State = "live",
        };
    }
}
