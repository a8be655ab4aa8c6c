using System.Text.Json;
using Holdfast.Contracts;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Hosting.Tests.Bus;

/// <summary>What the outbox keeps, gives up and sends, against a bus that the test opens and closes.</summary>
public sealed class StateEventOutboxTests : IDisposable
{
    private static readonly CancellationToken Never = CancellationToken.None;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Gate _bus = new();
    private readonly StateEventOutbox _outbox;

    public StateEventOutboxTests() => _outbox = new StateEventOutbox(
        _bus,
        new BusOptions { RetryPause = TimeSpan.FromMilliseconds(1), DrainTime = TimeSpan.FromMilliseconds(200) },
        NullLogger<StateEventOutbox>.Instance);

    public void Dispose() => _outbox.Dispose();

    [Fact]
    public async Task While_the_bus_refuses_the_newest_of_each_subject_is_kept_in_the_order_of_enqueueing()
    {
        foreach (var verdict in (ulong[])[1, 2])
        {
            foreach (var node in (string[])["n1", "n2"]) _outbox.Enqueue(Sample.PeerUp(node, verdict), null);
        }

        _outbox.Enqueue(Sample.PeerUp("n1", 5), null);
        _outbox.Enqueue(Sample.PeerUp("n1", 4), null);
        _outbox.Owed.ShouldBe(2);
        await _outbox.StartAsync(Never);
        await _bus.Refused.NextAsync("the first refusal");

        _bus.IsOpen = true;
        await _outbox.WhenEmptyAsync(Never).WaitAsync(Patience);

        _bus.Taken.ShouldBe(["n2 2", "n1 5"]);
        await _outbox.StopAsync(Never);
    }

    [Fact]
    public async Task While_the_bus_refuses_every_order_of_an_operator_is_kept_for_the_audit()
    {
        foreach (var order in (ulong[])[5, 7]) _outbox.Enqueue(Sample.Forced(order), null);
        _outbox.Enqueue(Sample.Forced(5), null);
        _outbox.Owed.ShouldBe(2);
        await _outbox.StartAsync(Never);
        await _bus.Refused.NextAsync("the first refusal");

        _bus.IsOpen = true;
        await _outbox.WhenEmptyAsync(Never).WaitAsync(Patience);

        _bus.Taken.ShouldBe(["order 0000000000000007", "order 0000000000000005"], ignoreOrder: true);
        await _outbox.StopAsync(Never);
    }

    [Fact]
    public async Task An_event_is_owed_until_it_is_confirmed_and_a_newer_one_waits_behind_it()
    {
        _outbox.Enqueue(Sample.PeerUp("n1", 1), null);
        await _outbox.StartAsync(Never);
        await _bus.Refused.NextAsync("the first refusal");
        _outbox.Enqueue(Sample.PeerUp("n2", 1), null);
        _outbox.Owed.ShouldBe(2);

        _bus.IsOpen = true;
        await _outbox.WhenEmptyAsync(Never).WaitAsync(Patience);

        _bus.Taken.ShouldBe(["n1 1", "n2 1"]);
        _outbox.Owed.ShouldBe(0);
        await _outbox.StopAsync(Never);
    }

    [Fact]
    public async Task What_cannot_be_written_is_given_up_and_does_not_hold_up_the_rest()
    {
        _bus.IsOpen = true;
        _outbox.Enqueue(Sample.PeerUp("unwritable", 1), null);
        _outbox.Enqueue(Sample.PeerUp("n1", 1), null);
        await _outbox.StartAsync(Never);

        await _outbox.WhenEmptyAsync(Never).WaitAsync(Patience);

        _bus.Taken.ShouldBe(["n1 1"]);
        await _outbox.StopAsync(Never);
    }

    [Fact]
    public async Task Stopping_publishes_what_is_owed_and_gives_up_after_the_drain_time()
    {
        await _outbox.StartAsync(Never);
        _bus.IsOpen = true;
        _outbox.Enqueue(Sample.PeerUp("n1", 1), null);
        await _outbox.StopAsync(Never).WaitAsync(Patience);
        _bus.Taken.ShouldBe(["n1 1"]);

        using var stuck = new StateEventOutbox(
            new Gate(), new BusOptions { DrainTime = TimeSpan.Zero }, NullLogger<StateEventOutbox>.Instance);
        await stuck.StartAsync(Never);
        stuck.Enqueue(Sample.PeerUp("n1", 1), null);
        await stuck.StopAsync(Never).WaitAsync(Patience);
        stuck.Owed.ShouldBe(1);
    }

    [Fact]
    public void Fact_events_have_their_outbox_in_the_directory()
    {
        var promoted = new GrainReleased
        {
            EventId = Guid.NewGuid(),
            OccurredAt = DateTime.UnixEpoch,
            Source = "directory/07",
            Subject = "shard/07",
            Sequence = "1",
            Shard = 7,
            Cause = "release",
            Token = "1",
            Grains = [],
        };

        Should.Throw<ArgumentException>(() => _outbox.Enqueue(promoted, null))
            .Message.ShouldStartWith("GrainReleased is no state event.");
    }

    private sealed class Gate : IEventPublisher
    {
        public bool IsOpen { get; set; }

        public List<string> Taken { get; } = [];

        public Received<IEvent> Refused { get; } = new();

        public Task PublishAsync(IEvent message, string? traceParent, CancellationToken cancel)
        {
            var up = message as PeerUp;
            if (up?.NodeId == "unwritable") throw new JsonException("a number that JSON does not have");
            if (!IsOpen)
            {
                Refused.Add(message);
                throw new BusUnavailableException("closed");
            }

            Taken.Add(message is FailoverForced forced ? $"order {forced.OrderToken}" : $"{up!.NodeId} {up.Verdict}");
            return Task.CompletedTask;
        }
    }
}
