using System.Diagnostics;
using Holdfast.Contracts;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Hosting.Tests.Bus;

/// <summary>What both transports promise.</summary>
public abstract class EventBusContract : IAsyncLifetime
{
    private static readonly CancellationToken Never = CancellationToken.None;

    // A queue of its own per test, on a broker that outlives them all.
    private readonly string _queue = $"test-{Guid.NewGuid():n}";

    private EventBus Bus { get; set; } = null!;

    protected abstract ValueTask<BusOptions> OptionsAsync();

    public async ValueTask InitializeAsync() =>
        Bus = EventBus.Open(await OptionsAsync(), NullLoggerFactory.Instance);

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Bus.DisposeAsync();
    }

    [Fact]
    public async Task An_event_reaches_every_subscriber_in_the_order_of_publishing()
    {
        var first = await SubscribeAsync<PeerUp>($"{_queue}-a");
        var second = await SubscribeAsync<PeerUp>($"{_queue}-b");

        for (var i = 0UL; i < 50; i++) await Bus.PublishAsync(Sample.PeerUp("n1", i), traceParent: null, Never);

        for (var i = 0UL; i < 50; i++)
        {
            (await first.NextAsync($"PeerUp {i} at the first")).Message.ShouldBe(Sample.PeerUp("n1", i));
            (await second.NextAsync($"PeerUp {i} at the second")).Message.ShouldBe(Sample.PeerUp("n1", i));
        }
    }

    [Fact]
    public async Task The_bus_is_waited_for_until_every_queue_is_read()
    {
        await using var bus = EventBus.Open(await OptionsAsync(), NullLoggerFactory.Instance);
        var subscriptions = Enumerable.Range(0, 5)
            .Select(i => bus.Subscribe<PeerUp>($"{_queue}-{i}", (_, _, _) => Task.CompletedTask))
            .Append(bus.RespondTo<OfferTransfer>(
                $"{_queue}-c", _ => false, (_, _) => throw new NotSupportedException()))
            .ToList();
        var read = subscriptions.Select(bus.WhenReadyAsync).ToList();

        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (bus.WaitsFor() is not null) await timer.WaitForNextTickAsync(late.Token);
        read.ShouldAllBe(one => one.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task The_publishers_trace_is_the_subscribers_parent()
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Holdfast.Hosting",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        var received = await SubscribeAsync<PeerUp>(_queue);
        const string cause = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

        await Bus.PublishAsync(Sample.PeerUp("n1", 1), cause, Never);

        var (_, context, activity) = await received.NextAsync("PeerUp");
        context.TraceParent.ShouldNotBeNull().ShouldStartWith("00-0af7651916cd43dd8448eb211c80319c-");
        activity.ShouldNotBeNull().TraceId.ToString().ShouldBe("0af7651916cd43dd8448eb211c80319c");

        // Where somebody listens to MassTransit too, its spans are in between.
        activity.ParentSpanId.ShouldNotBe(default);
    }

    [Fact]
    public async Task A_handler_that_throws_gets_the_event_again_marked_as_redelivered()
    {
        var received = new Received<(PeerUp Message, EventContext Context)>();
        var failures = 2;
        await using var subscription = Bus.Subscribe<PeerUp>(_queue, (message, context, _) =>
        {
            received.Add((message, context));
            return failures-- > 0 ? throw new InvalidOperationException("not yet") : Task.CompletedTask;
        });
        await ReadyAsync(subscription);

        await Bus.PublishAsync(Sample.PeerUp("n1", 1), traceParent: null, Never);

        (await received.NextAsync("the first delivery")).Context.Redelivered.ShouldBeFalse();
        (await received.NextAsync("the second delivery")).Context.Redelivered.ShouldBeTrue();
        (await received.NextAsync("the third delivery")).Message.ShouldBe(Sample.PeerUp("n1", 1));
    }

    [Fact]
    public async Task Poison_does_not_stop_what_is_behind_it()
    {
        var received = new Received<PeerUp>();
        await using var subscription = Bus.Subscribe<PeerUp>(_queue, (message, _, _) =>
        {
            if (message.NodeId == "poison") throw new InvalidOperationException("never");
            received.Add(message);
            return Task.CompletedTask;
        });
        await ReadyAsync(subscription);

        await Bus.PublishAsync(Sample.PeerUp("poison", 1), traceParent: null, Never);
        await Bus.PublishAsync(Sample.PeerUp("n1", 1), traceParent: null, Never);

        (await received.NextAsync("what is behind the poison")).ShouldBe(Sample.PeerUp("n1", 1));
    }

    [Fact]
    public async Task A_queue_has_one_handler_in_a_process()
    {
        await using var subscription = Bus.Subscribe<PeerUp>(_queue, (_, _, _) => Task.CompletedTask);

        Should.Throw<InvalidOperationException>(
            () => Bus.Subscribe<PeerUp>(_queue, (_, _, _) => Task.CompletedTask))
            .Message.ShouldBe($"Queue {_queue}.peer-up has a handler in this process already.");
    }

    [Fact]
    public async Task A_command_is_answered_and_a_repetition_gets_the_same_answer_without_being_carried_out_again()
    {
        var carriedOut = 0;
        await using var responder = Bus.RespondTo<PauseFailover>((command, _) =>
        {
            var detail = $"pause {++carriedOut} of {command.ClusterId}";
            return Task.FromResult<ICommandAnswer>(
                new CommandAccepted { CommandId = command.CommandId, Detail = detail });
        });
        await ReadyAsync(responder);
        var command = Sample.Pause("east");

        var first = await Bus.SendAsync(command, Never);
        var second = await Bus.SendAsync(command, Never);

        first.ShouldBe(new CommandAccepted { CommandId = command.CommandId, Detail = "pause 1 of east" });
        second.ShouldBe(first);
    }

    [Fact]
    public async Task A_handler_that_throws_refuses_its_command()
    {
        await using var responder =
            Bus.RespondTo<ResumeFailover>((_, _) => throw new InvalidOperationException("no quorum"));
        await ReadyAsync(responder);
        var command = new ResumeFailover { CommandId = Guid.NewGuid() };

        var answer = await Bus.SendAsync(command, Never);

        answer.ShouldBe(new CommandRefused
        {
            CommandId = command.CommandId,
            Code = "failed",
            Detail = "no quorum",
            Legal = "Nothing is wrong with the command; it can be sent again, with a new id.",
        });
    }

    [Fact]
    public async Task A_command_that_names_a_node_is_heard_by_all_and_answered_by_the_one_it_concerns()
    {
        await using var first = RespondFor("east-1");
        await using var second = RespondFor("east-2");
        await ReadyAsync(first);
        await ReadyAsync(second);

        var toFirst = await Bus.SendAsync(Sample.Start("east-1"), Never);
        var toSecond = await Bus.SendAsync(Sample.Start("east-2"), Never);

        toFirst.ShouldBeOfType<CommandAccepted>().Detail.ShouldBe("east-1");
        toSecond.ShouldBeOfType<CommandAccepted>().Detail.ShouldBe("east-2");

        IAsyncDisposable RespondFor(string node) => Bus.RespondTo<StartSlot>(
            $"slots-{node}",
            command => command.NodeId == node,
            (command, _) => Task.FromResult<ICommandAnswer>(
                new CommandAccepted { CommandId = command.CommandId, Detail = node }));
    }

    protected Task ReadyAsync(IAsyncDisposable subscription) =>
        Bus.WhenReadyAsync(subscription).WaitAsync(TimeSpan.FromSeconds(20));

    private async Task<Received<(T Message, EventContext Context, Activity? Activity)>> SubscribeAsync<T>(string queue)
        where T : class, IEvent
    {
        var received = new Received<(T, EventContext, Activity?)>();
        await ReadyAsync(Bus.Subscribe<T>(queue, (message, context, _) =>
        {
            received.Add((message, context, Activity.Current));
            return Task.CompletedTask;
        }));
        return received;
    }
}

public sealed class InMemoryEventBusTests : EventBusContract
{
    protected override ValueTask<BusOptions> OptionsAsync() => ValueTask.FromResult(
        new BusOptions { Transport = BusTransport.Memory, RetryPause = TimeSpan.FromMilliseconds(1) });
}
