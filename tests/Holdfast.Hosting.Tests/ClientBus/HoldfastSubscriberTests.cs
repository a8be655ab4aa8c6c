using Holdfast.Client.Bus;
using Holdfast.Contracts;
using Holdfast.Hosting.Tests.Bus;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Hosting.Tests.ClientBus;

/// <summary>What a program's handlers see of a stream that repeats, overtakes and is batched.</summary>
public sealed class HoldfastSubscriberTests : IAsyncLifetime
{
    private readonly EventBus _bus = EventBus.Open(
        new BusOptions { Transport = BusTransport.Memory, RetryPause = TimeSpan.FromMilliseconds(1) },
        NullLoggerFactory.Instance);

    private readonly Received<string> _seen = new();
    private HoldfastSubscriber _subscriber = null!;

    public ValueTask InitializeAsync()
    {
        _subscriber = new HoldfastSubscriber(_bus, "billing");
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _subscriber.DisposeAsync();
        await _bus.DisposeAsync();
    }

    [Fact]
    public async Task A_state_event_is_seen_once_and_not_after_a_newer_one_of_its_subject()
    {
        SeePeerUp();

        await PublishAsync(
            Sample.PeerUp("n1", 1),
            Sample.PeerUp("n1", 3),
            Sample.PeerUp("n1", 3),
            Sample.PeerUp("n1", 2),
            Sample.PeerUp("n2", 1),
            Sample.PeerUp("n1", 4));

        await SeesAsync("n1 1", "n1 3", "n2 1", "n1 4");
    }

    [Fact]
    public async Task Each_kind_of_source_counts_for_itself_because_their_sequences_do_not_compare()
    {
        SeePeerUp();

        await PublishAsync(
            Sample.PeerUp("n1", 5),
            Sample.PeerUp("n1", 1) with { Source = "consensus/v1" },
            Sample.PeerUp("n1", 4) with { Source = "gossip/another" });
        await PublishAsync(Sample.PeerUp("n1", 6));

        await SeesAsync("n1 5", "n1 1", "n1 6");
    }

    [Fact]
    public async Task A_batch_of_grains_is_cut_down_to_what_is_new()
    {
        SeePromoted();

        await PublishAsync(
            Promoted(("a", 2), ("b", 2)),
            Promoted(("a", 2), ("b", 3), ("c", 1)),
            Promoted(("a", 1), ("c", 1)),
            Promoted(("c", 2)));

        await SeesAsync("a=2 b=2", "b=3 c=1", "c=2");
    }

    [Fact]
    public async Task A_claim_that_arrives_after_the_release_of_its_epoch_is_stale()
    {
        SeeClaimed();
        _subscriber.On<GrainReleased>((released, _) =>
        {
            _seen.Add($"released {released.Grains[0].Key}");
            return Task.CompletedTask;
        });

        await PublishAsync(Released("a", 2));
        await SeesAsync("released a");
        await PublishAsync(Claimed("a", 2), Claimed("a", 3));

        await SeesAsync("claimed a=3");
    }

    [Fact]
    public async Task An_event_whose_handler_failed_counts_as_unseen()
    {
        var failures = 1;
        _subscriber.On<PeerUp>((up, _) =>
        {
            if (failures-- > 0) throw new InvalidOperationException("not yet");
            _seen.Add($"{up.NodeId} {up.Verdict}");
            return Task.CompletedTask;
        });
        await _subscriber.WhenReadyAsync();

        await PublishAsync(Sample.PeerUp("n1", 1), Sample.PeerUp("n1", 2));

        await SeesAsync("n1 1", "n1 2");
    }

    [Fact]
    public async Task The_bounded_memory_forgets_what_was_written_longest_ago()
    {
        var store = new MemorySequenceStore(keysMax: 2);
        await store.WriteAsync("a", "1", CancellationToken.None);
        await store.WriteAsync("b", "1", CancellationToken.None);
        await store.WriteAsync("a", "2", CancellationToken.None);
        await store.WriteAsync("c", "1", CancellationToken.None);

        (await store.ReadAsync("a", CancellationToken.None)).ShouldBe("2");
        (await store.ReadAsync("b", CancellationToken.None)).ShouldBeNull();
        (await store.ReadAsync("c", CancellationToken.None)).ShouldBe("1");
    }

    private void SeePeerUp() => _subscriber.On<PeerUp>((up, _) =>
    {
        _seen.Add($"{up.NodeId} {up.Verdict}");
        return Task.CompletedTask;
    });

    private void SeePromoted() => _subscriber.On<GrainPromoted>((promoted, _) =>
    {
        var grains = promoted.Grains.Select(grain => $"{grain.Key}={EventIdentity.MajorOf(grain.NewEpoch)}");
        _seen.Add(string.Join(' ', grains));
        return Task.CompletedTask;
    });

    private void SeeClaimed() => _subscriber.On<GrainClaimed>((claimed, _) =>
    {
        var change = claimed.Grains[0];
        _seen.Add($"claimed {change.Key}={EventIdentity.MajorOf(change.NewEpoch)}");
        return Task.CompletedTask;
    });

    private async Task PublishAsync(params IReadOnlyList<IEvent> events)
    {
        await _subscriber.WhenReadyAsync();
        foreach (var message in events) await _bus.PublishAsync(message, traceParent: null, CancellationToken.None);
    }

    private async Task SeesAsync(params IReadOnlyList<string> expected)
    {
        foreach (var one in expected) (await _seen.NextAsync(one)).ShouldBe(one);
    }

    private static GrainClaimed Claimed(string key, ulong token) => new()
    {
        EventId = Guid.NewGuid(),
        OccurredAt = DateTime.UnixEpoch,
        Source = "directory/07",
        Subject = "shard/07",
        Sequence = EventIdentity.Sequence(1, 1),
        Shard = 7,
        Cause = "claim",
        Token = "0000000000000009",
        ToCluster = "west",
        Holder = "0000000000000009",
        Grains = [Change(key, token)],
    };

    private static GrainReleased Released(string key, ulong token) => new()
    {
        EventId = Guid.NewGuid(),
        OccurredAt = DateTime.UnixEpoch,
        Source = "directory/07",
        Subject = "shard/07",
        Sequence = EventIdentity.Sequence(1, 2),
        Shard = 7,
        Cause = "release",
        Token = "0000000000000009",
        Grains = [Change(key, token)],
    };

    private static GrainChange Change(string key, ulong token) =>
        new() { Type = "order", Key = key, NewEpoch = EventIdentity.Sequence(token, 1) };

    private static GrainPromoted Promoted(params (string Key, int Token)[] grains) => new()
    {
        EventId = Guid.NewGuid(),
        OccurredAt = DateTime.UnixEpoch,
        Source = "failover/west",
        Subject = "shard/07",
        Sequence = EventIdentity.Sequence(1, 1),
        Shard = 7,
        Cause = "failover",
        Token = "0000000000000009",
        FromCluster = "east",
        ToCluster = "west",
        Grains = [.. grains.Select(grain => Change(grain.Key, (ulong)grain.Token))],
    };
}
