using System.Threading.Channels;
using Holdfast.Contracts;
using Holdfast.Directory.Redis;
using Holdfast.Directory.Tests.Contract;
using Holdfast.Directory.Tests.Redis;
using Microsoft.Extensions.Logging.Abstractions;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Outbox;

/// <summary>A bus that was away for so long that the outbox is full, on one Redis.</summary>
public sealed class OutboxCatchUpTests(RedisFixture redis) : OutboxCatchUp(redis), IClassFixture<RedisFixture>;

/// <summary>The same on three masters, each with some of the shards.</summary>
public sealed class OutboxCatchUpOnClusterTests(RedisThreeMastersFixture redis)
    : OutboxCatchUp(redis), IClassFixture<RedisThreeMastersFixture>;

public abstract class OutboxCatchUp(RedisFixture redis)
{
    private const int Shards = 4;
    private const int EntriesPerShard = 5;
    private const int Grains = 120;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task What_a_full_outbox_refused_goes_on_once_the_bus_is_back_and_all_is_told_in_order()
    {
        await redis.ForgetAsync();
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        giveUp.CancelAfter(Patience);
        await using var directory = new RedisGrainDirectory(
            redis.Options(new DirectoryOptions
            {
                Shards = Shards,
                OutboxEntriesMax = Shards * EntriesPerShard,
                GrainsPerScan = 3,
                Deadline = Patience,
            }),
            NullLogger<RedisGrainDirectory>.Instance);
        for (var shard = 0; shard < Shards; shard++)
        {
            await directory.OpenShardAsync(shard, FailoverWest, T(9), Floor, giveUp.Token);
            await directory.GrantAsync(FailoverWest, 20, shard);
        }

        await directory.ClaimAllAsync(Many(Grains), East, 11, 11);
        var bus = new AwayBus { IsAway = true };
        var relay = new OutboxRelay(directory, bus.PublishAsync, Quick, NullLogger<OutboxRelay>.Instance);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(giveUp.Token);
        var relaying = relay.RunAsync(stop.Token);
        relay.Own(Enumerable.Range(0, Shards), FailoverWest, T(20));

        // The sweep of every shard is refused in the middle, and so is a claim; nothing was told.
        for (var shard = 0; shard < Shards; shard++)
        {
            await SweepAsync(directory, shard, DirectoryStatus.OutboxFull, giveUp.Token);
            (await OwnedAsync(directory, shard, giveUp.Token)).ShouldBeGreaterThan(0);
        }

        (await directory.ClaimAsync(G("new"), West, 12, 12)).Status.ShouldBe(DirectoryStatus.OutboxFull);
        bus.Confirmed.TryPeek(out _).ShouldBeFalse();

        // What is refused is asked again, as Failover does, and nothing else is done.
        bus.IsAway = false;
        for (var shard = 0; shard < Shards; shard++)
        {
            await SweepAsync(directory, shard, DirectoryStatus.Ok, giveUp.Token);
            (await OwnedAsync(directory, shard, giveUp.Token)).ShouldBe(0);
        }

        await DemandAllToldInOrderAsync(bus, giveUp.Token);
        await stop.CancelAsync();
        await relaying;
    }

    private static OutboxRelayOptions Quick => new()
    {
        PollIntervalMin = TimeSpan.FromMilliseconds(1),
        PollIntervalMax = TimeSpan.FromMilliseconds(50),
        RetryIntervalMin = TimeSpan.FromMilliseconds(1),
        RetryIntervalMax = TimeSpan.FromMilliseconds(50),
        PageEntriesMax = 3,
    };

    /// <summary>Promotes until nothing is left, or until a call is answered with what ends it.</summary>
    private static async Task SweepAsync(
        RedisGrainDirectory directory, int shard, DirectoryStatus until, CancellationToken cancel)
    {
        string? cursor = null;
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            var answer = await directory.PromoteAsync(
                new PromoteCall(shard, FailoverWest, T(20), East, [], cursor, "east is fenced"), cancel);
            if (answer.Status == DirectoryStatus.Ok) cursor = answer.Next;
            if (answer.Status == until && (until != DirectoryStatus.Ok || answer.Remaining == 0)) return;
            answer.Status.ShouldBeOneOf(DirectoryStatus.Ok, DirectoryStatus.OutboxFull);
        }
    }

    private static async Task<long> OwnedAsync(RedisGrainDirectory directory, int shard, CancellationToken cancel) =>
        (await directory.CountAsync(shard, [East], cancel)).Counts[0];

    private static async Task DemandAllToldInOrderAsync(AwayBus bus, CancellationToken cancel)
    {
        var last = new Dictionary<string, string>(StringComparer.Ordinal);
        var claimed = new HashSet<string>(StringComparer.Ordinal);
        var promoted = new HashSet<string>(StringComparer.Ordinal);
        while (promoted.Count < Grains)
        {
            var message = await bus.Confirmed.ReadAsync(cancel);
            string.CompareOrdinal(message.Sequence, last.GetValueOrDefault(message.Subject, ""))
                .ShouldBeGreaterThan(0, $"{message.Subject} tells its changes in order, each once");
            last[message.Subject] = message.Sequence;
            if (message is GrainClaimed claims) claimed.UnionWith(claims.Grains.Select(grain => grain.Key));
            if (message is not GrainPromoted promotions) continue;
            foreach (var grain in promotions.Grains)
            {
                claimed.ShouldContain(grain.Key);
                promoted.Add(grain.Key).ShouldBeTrue($"{grain.Key} was promoted twice");
            }
        }

        claimed.Count.ShouldBe(Grains);
    }

    /// <summary>A bus that can be away.</summary>
    private sealed class AwayBus
    {
        private readonly Channel<IEvent> _confirmed = Channel.CreateBounded<IEvent>(10_000);

        private volatile bool _isAway;

        public bool IsAway
        {
            get => _isAway;
            set => _isAway = value;
        }

        public ChannelReader<IEvent> Confirmed => _confirmed.Reader;

        public async Task PublishAsync(IEvent message, string? traceParent, CancellationToken cancel)
        {
            if (_isAway) throw new IOException("The bus is away.");
            await _confirmed.Writer.WriteAsync(message, cancel);
        }
    }
}
