using System.Diagnostics;
using System.Security.Authentication;
using Holdfast.Contracts;
using Holdfast.Servers;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RabbitMQ.Client.Exceptions;

namespace Holdfast.Hosting.Tests.Bus;

/// <summary>A broker of one's own, which is stopped, paused and not there yet.</summary>
public sealed class BrokerOutageTests(BrokerOutageTests.OwnBroker own) : IClassFixture<BrokerOutageTests.OwnBroker>
{
    private static readonly CancellationToken Never = CancellationToken.None;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ITestServer _broker = own.Server;
    private readonly BusOptions _options =
        Broker.OptionsOf(own.Server) with { PublishDeadline = TimeSpan.FromSeconds(1) };

    [Fact]
    public async Task Without_a_broker_nothing_blocks_readiness_says_why_and_all_is_well_when_it_appears()
    {
        await _broker.StopAsync();
        await using var bus = EventBus.Open(_options, NullLoggerFactory.Instance);
        var received = new Received<PeerUp>();
        var subscription = bus.Subscribe<PeerUp>("late", (message, _, _) =>
        {
            received.Add(message);
            return Task.CompletedTask;
        });
        await FailsWithinDeadlineAsync(bus);
        bus.WaitsFor().ShouldNotBeNull().ShouldStartWith($"RabbitMQ at {_broker.Address} does not serve: ");

        await _broker.RestartAsync();
        await bus.WhenReadyAsync(subscription).WaitAsync(Patience);
        await EventuallyAsync(() => bus.PublishAsync(Sample.PeerUp("n1", 1), traceParent: null, Never));

        (await received.NextAsync("the event after the broker appeared")).Verdict.ShouldBe(1UL);
        await WaitsForNothingAsync(bus);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_wrong_password_is_told_from_a_broker_that_is_away_and_ends_the_start(bool isAwayAtFirst)
    {
        // The reason to wait must not hide the reason to give up.
        if (isAwayAtFirst) await _broker.StopAsync();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Bus:Host"] = _broker.Host,
            ["Bus:Port"] = $"{_broker.Port}",
            ["Bus:Password"] = "wrong",
            ["urls"] = "http://127.0.0.1:0",
        });
        using var transport = new RecordedLog("MassTransit");
        builder.Logging.ClearProviders().AddProvider(transport);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.AddHoldfastBus();
        await using var app = builder.Build();
        var stopping = new TaskCompletionSource();
        app.Lifetime.ApplicationStopping.Register(stopping.SetResult);
        try
        {
            await app.StartAsync();
        }
        catch (OperationCanceledException)
            when (!isAwayAtFirst && app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // A refusal that comes at once ends the host while it still starts.
        }

        if (isAwayAtFirst) await _broker.RestartAsync();
        await stopping.Task.WaitAsync(Patience);

        var parts = app.Services.GetServices<IHostedService>().OfType<BackgroundService>();
        var refused = parts.Single(part => part.ExecuteTask?.IsFaulted == true).ExecuteTask!.Exception!.InnerException;
        refused.ShouldBeOfType<InvalidCredentialException>().Message.ShouldBe(
            $"RabbitMQ at {_broker.Address} does not take the password that Bus:Password gives for Bus:Username " +
            "('guest').");

        // The stack traces of the transport, one for each queue, would hide that line.
        transport.Failures.ShouldNotContain(failure => failure.GetBaseException() is AuthenticationFailureException);
    }

    [Fact]
    public async Task What_is_owed_while_the_broker_is_away_arrives_when_it_returns_newest_per_subject_in_order()
    {
        await using var bus = EventBus.Open(_options, NullLoggerFactory.Instance);
        var received = new Received<PeerUp>();
        await bus.WhenReadyAsync(bus.Subscribe<PeerUp>("owed", (message, _, _) =>
        {
            received.Add(message);
            return Task.CompletedTask;
        })).WaitAsync(Patience);
        using var outbox = new StateEventOutbox(bus, _options, NullLogger<StateEventOutbox>.Instance);
        await outbox.StartAsync(Never);
        await _broker.StopAsync();
        await FailsWithinDeadlineAsync(bus);
        bus.WaitsFor().ShouldNotBeNull();

        for (var verdict = 1UL; verdict <= 3; verdict++)
        {
            foreach (var node in (string[])["n1", "n2", "n3"])
                outbox.Enqueue(Sample.PeerUp(node, verdict), traceParent: null);
        }

        outbox.Enqueue(Sample.PeerUp("n1", 4), traceParent: null);
        await _broker.RestartAsync();
        await outbox.WhenEmptyAsync(Never).WaitAsync(Patience);

        // At least once: what was under way when the broker went may come as well, before what replaced it.
        var newest = new List<PeerUp>();
        while (newest.Count < 3)
        {
            if (await received.NextAsync($"PeerUp after {newest.Count} of 3") is { } up && up.Verdict >= 3)
                if (up.NodeId != "n1" || up.Verdict == 4) newest.Add(up);
        }

        newest.Select(up => (up.NodeId, up.Verdict)).ShouldBe([("n2", 3UL), ("n3", 3UL), ("n1", 4UL)]);
        outbox.Owed.ShouldBe(0);
        await outbox.StopAsync(Never);
    }

    [Fact]
    public async Task A_paused_broker_fails_a_publish_within_the_deadline_and_is_well_when_it_resumes()
    {
        await using var bus = EventBus.Open(_options, NullLoggerFactory.Instance);
        await PublishEventuallyAsync(bus);

        await _broker.PauseAsync();
        await FailsWithinDeadlineAsync(bus);
        await _broker.ResumeAsync();

        await PublishEventuallyAsync(bus);
    }

    [Fact]
    public async Task A_command_finds_nobody_while_the_broker_is_away_and_is_answered_when_it_returns()
    {
        await using var bus = EventBus.Open(_options, NullLoggerFactory.Instance);
        await using var responder = bus.RespondTo<PauseFailover>((command, _) =>
            Task.FromResult<ICommandAnswer>(new CommandAccepted { CommandId = command.CommandId }));
        await bus.WhenReadyAsync(responder).WaitAsync(Patience);
        await SendEventuallyAsync(bus);

        await _broker.StopAsync();
        await Should.ThrowAsync<BusUnavailableException>(() => bus.SendAsync(Sample.Pause("east"), Never));
        await _broker.RestartAsync();

        await SendEventuallyAsync(bus);
    }

    [Fact]
    public async Task A_bus_whose_broker_never_appears_is_disposed_of_in_bounded_time()
    {
        var nowhere = new BusOptions { Host = "127.0.0.1", Port = FreePort.Next() };
        var bus = EventBus.Open(nowhere, NullLoggerFactory.Instance);

        await bus.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));
    }

    public sealed class OwnBroker : IAsyncLifetime
    {
        public ITestServer Server { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Server = await TestServers.Current.StartRabbitMqAsync();

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }

    private static async Task FailsWithinDeadlineAsync(EventBus bus)
    {
        var start = Stopwatch.GetTimestamp();
        await Should.ThrowAsync<BusUnavailableException>(
            () => bus.PublishAsync(Sample.PeerUp("n0", 1), traceParent: null, Never));
        Stopwatch.GetElapsedTime(start).ShouldBeLessThan(TimeSpan.FromSeconds(4));
    }

    private static async Task WaitsForNothingAsync(EventBus bus)
    {
        using var giveUp = new CancellationTokenSource(Patience);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (bus.WaitsFor() is not null && !giveUp.IsCancellationRequested) await pace.WaitForNextTickAsync(Never);
        bus.WaitsFor().ShouldBeNull();
    }

    private static Task PublishEventuallyAsync(EventBus bus) =>
        EventuallyAsync(() => bus.PublishAsync(Sample.PeerUp("n0", 1), traceParent: null, Never));

    private static Task SendEventuallyAsync(EventBus bus) =>
        EventuallyAsync(() => bus.SendAsync(Sample.Pause("east"), Never));

    private static async Task EventuallyAsync(Func<Task> attempt)
    {
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await attempt();
                return;
            }
            catch (BusUnavailableException) when (Stopwatch.GetElapsedTime(start) < Patience)
            {
                // Each attempt waits for its own deadline; the broker is on its way.
                continue;
            }
        }
    }
}
