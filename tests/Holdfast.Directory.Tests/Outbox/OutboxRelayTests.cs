using System.Diagnostics;
using Holdfast.Contracts;
using Holdfast.Directory.Embedded;
using Holdfast.Directory.Tests.Contract;
using Microsoft.Extensions.Logging.Abstractions;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Outbox;

public sealed class OutboxRelayTests : IAsyncLifetime
{
    private static readonly OutboxRelayOptions Quick = new()
    {
        PollIntervalMin = TimeSpan.FromMilliseconds(1),
        PollIntervalMax = TimeSpan.FromMilliseconds(5),
        RetryIntervalMin = TimeSpan.FromMilliseconds(1),
        RetryIntervalMax = TimeSpan.FromMilliseconds(5),
        PageEntriesMax = 3,
    };

    private readonly WatchedDirectory _directory = new(new EmbeddedGrainDirectory(new DirectoryOptions { Shards = 1 }));
    private readonly RecordingBus _bus = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _running = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        await _directory.OpenShardAsync(0, FailoverWest, T(9), Floor, Cancel);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_running);
        _stopping.Dispose();
    }

    [Fact]
    public async Task Changes_reach_the_bus_in_order_and_are_trimmed_once_confirmed()
    {
        foreach (var grain in Many(10)) await _directory.ClaimAsync(grain, East, 11, 11);
        var relay = Start(Quick);

        relay.Own([0], FailoverWest, T(20));

        for (var i = 0; i < 10; i++)
        {
            var claimed = (await _bus.NextAsync($"claim {i}")).Event.ShouldBeOfType<GrainClaimed>();
            claimed.Grains.ShouldHaveSingleItem().Key.ShouldBe($"k{i}");
            claimed.Sequence.ShouldBe(EventIdentity.Sequence(Floor.Value, (ulong)i + 1));
            claimed.Subject.ShouldBe("shard/00");
            claimed.Source.ShouldBe("directory/00");
        }

        await _directory.TrimmedAsync(upTo: 10);
        (await _directory.OutboxAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_change_made_while_the_relay_idles_is_published_at_a_nudge()
    {
        // An idle pause of a minute: only the nudge can be what wakes it.
        var relay = Start(Quick with
        {
            PollIntervalMin = TimeSpan.FromMinutes(1),
            PollIntervalMax = TimeSpan.FromMinutes(1),
        });
        relay.Own([0], FailoverWest, T(20));
        await _directory.ReadAsync();

        await _directory.ClaimAsync(G("a"), East, 11, 11);
        relay.Nudge(0);

        (await _bus.NextAsync("the claim")).Event.ShouldBeOfType<GrainClaimed>();
    }

    [Fact]
    public async Task A_bus_that_fails_gets_the_same_event_again_and_none_is_skipped()
    {
        foreach (var grain in Many(5)) await _directory.ClaimAsync(grain, East, 11, 11);
        _bus.Refuses = 4;
        var relay = Start(Quick);

        relay.Own([0], FailoverWest, T(20));

        for (var i = 0; i < 5; i++)
        {
            var claimed = (GrainClaimed)(await _bus.NextAsync($"claim {i}")).Event;
            claimed.Grains[0].Key.ShouldBe($"k{i}");
        }

        _bus.Attempts.Take(5).Distinct(StringComparer.Ordinal).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_directory_that_fails_is_asked_again()
    {
        await _directory.ClaimAsync(G("a"), East, 11, 11);
        _directory.Fails = 3;
        var relay = Start(Quick);

        relay.Own([0], FailoverWest, T(20));

        (await _bus.NextAsync("the claim")).Event.ShouldBeOfType<GrainClaimed>();
    }

    [Fact]
    public async Task What_was_published_but_not_trimmed_is_published_again_under_the_same_id()
    {
        await _directory.ClaimAsync(G("a"), East, 11, 11);
        var first = Start(Quick);
        _directory.FailsTrims = true;
        first.Own([0], FailoverWest, T(20));
        var before = (await _bus.NextAsync("the claim")).Event;
        first.Disown();
        _directory.FailsTrims = false;

        var second = Start(Quick);
        second.Own([0], FailoverWest, T(21));

        var again = (await _bus.NextAsync("the claim again")).Event;
        again.EventId.ShouldBe(before.EventId);
        again.Sequence.ShouldBe(before.Sequence);
    }

    [Fact]
    public async Task A_relay_whose_grant_is_superseded_stops_until_it_has_a_newer_token()
    {
        var relay = Start(Quick);
        relay.Own([0], FailoverWest, T(20));
        await _directory.ReadAsync();

        await _directory.GrantAsync(FailoverWest, 30);
        await _directory.ClaimAsync(G("a"), East, 11, 11);
        await _bus.NextAsync("the claim, which is published before the trim is refused");
        await _directory.TrimRefusedAsync();
        (await _directory.OutboxAsync()).ShouldHaveSingleItem();

        relay.Own([0], FailoverWest, T(31));
        await _directory.TrimmedAsync(upTo: 1);
        (await _directory.OutboxAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_relay_with_an_older_token_than_the_installed_one_publishes_nothing()
    {
        await _directory.GrantAsync(FailoverWest, 30);
        await _directory.ClaimAsync(G("a"), East, 11, 11);
        var relay = Start(Quick);

        relay.Own([0], FailoverWest, T(20));
        await _directory.GrantRefusedAsync();

        _bus.Attempts.ShouldBeEmpty();
        relay.Own([0], FailoverWest, T(31));
        (await _bus.NextAsync("the claim under the newer token")).Event.ShouldBeOfType<GrainClaimed>();
    }

    [Fact]
    public async Task The_trace_of_a_change_goes_along_with_its_event()
    {
        using (var activity = new Activity("incident").SetIdFormat(ActivityIdFormat.W3C).Start())
            await _directory.ClaimAsync(G("traced"), East, 11, 11);
        await _directory.ClaimAsync(G("untraced"), East, 11, 11);
        var traced = (await _directory.OutboxAsync())[0].TraceParent;
        var relay = Start(Quick);

        relay.Own([0], FailoverWest, T(20));

        (await _bus.NextAsync("the traced claim")).TraceParent.ShouldBe(traced);
        (await _bus.NextAsync("the untraced claim")).TraceParent.ShouldBeNull();
    }

    [Fact]
    public async Task A_shard_that_forgot_and_was_opened_anew_is_relayed_from_its_new_beginning()
    {
        foreach (var grain in Many(3)) await _directory.ClaimAsync(grain, East, 11, 11);
        var relay = Start(Quick);
        relay.Own([0], FailoverWest, T(20));
        for (var i = 0; i < 3; i++) await _bus.NextAsync($"claim {i}");

        _directory.Forget();
        await _directory.OpenShardAsync(0, FailoverWest, T(30), T(29), Cancel);
        await _directory.ClaimAsync(G("new"), East, 31, 31);
        relay.Own([0], FailoverWest, T(32));

        var claimed = (GrainClaimed)(await _bus.NextAsync("the claim after the loss")).Event;
        claimed.Sequence.ShouldBe(EventIdentity.Sequence(29, 1));
    }

    [Theory]
    [InlineData("GrainClaimed", "claim\t{0}\t\t000000000000000a\t000000000000000b\t\teast\t\t")]
    [InlineData(
        "SlotPlaced",
        "slot\t{0}\twhy\t000000000000000a\trecovery/west\t000000000000000b\torders\treplica\t0\t" +
        "00000000000000141,p,west-1,,0")]
    public async Task An_entry_of_a_time_that_no_clock_shows_is_left_out_and_holds_up_no_other(
        string eventType, string payload)
    {
        OutboxEvents.Decode(0, new OutboxEntry(1, eventType, string.Format(null, payload, "0"), ""));
        foreach (var grain in Many(2)) await _directory.ClaimAsync(grain, East, 11, 11);
        _directory.Tampers = entry => entry.Seq == 1
            ? entry with { EventType = eventType, Payload = string.Format(null, payload, long.MaxValue) }
            : entry;
        var relay = Start(Quick);

        relay.Own([0], FailoverWest, T(20));

        (await _bus.NextAsync("the second claim")).Event.ShouldBeOfType<GrainClaimed>().Grains[0].Key.ShouldBe("k1");
        await _directory.TrimmedAsync(upTo: 2);
    }

    [Fact]
    public void An_entry_that_nobody_wrote_so_is_a_format_error()
    {
        var entry = new OutboxEntry(1, "GrainClaimed", "not a change", "");
        var unknown = new OutboxEntry(1, "GrainEaten", "claim\t0\t\t000000000000000a\t000000000000000b\t\t\t\t", "");

        Should.Throw<FormatException>(() => OutboxEvents.Decode(0, entry));
        Should.Throw<FormatException>(() => OutboxEvents.Decode(0, unknown)).Message.ShouldContain("GrainEaten");
    }

    private OutboxRelay Start(OutboxRelayOptions options)
    {
        var relay = new OutboxRelay(_directory, _bus.PublishAsync, options, NullLogger<OutboxRelay>.Instance);
        _running.Add(relay.RunAsync(_stopping.Token));
        return relay;
    }
}
