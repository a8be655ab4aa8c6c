using System.Diagnostics;
using Holdfast.Contracts;
using Holdfast.Primitives;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Contract;

public abstract partial class GrainDirectoryContract
{
    [Fact]
    public async Task Every_change_is_announced_in_order_with_what_was_and_what_is()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 12);
        await directory.GrantAsync(FailoverWest, 20);
        await directory.PromoteAsync(FailoverWest, 20, East);
        await directory.ClaimAsync(G("a"), West, 13, 21);
        await directory.ReleaseAsync(G("a"), E(21), 13);

        var entries = await directory.OutboxAsync();

        entries.Select(entry => entry.Seq).ShouldBe([1ul, 2ul, 3ul, 4ul]);
        var events = entries.Select(entry => OutboxEvents.Decode(0, entry)).ToList();
        var claimed = events[0].ShouldBeOfType<GrainClaimed>();
        (claimed.FromCluster, claimed.ToCluster, claimed.Holder).ShouldBe((null, "east", S(11).ToString()));
        claimed.Token.ShouldBe(T(12).ToString());
        claimed.Grains.ShouldHaveSingleItem().ShouldBe(Changed("a", null, E(12)));
        var promoted = events[1].ShouldBeOfType<GrainPromoted>();
        (promoted.FromCluster, promoted.ToCluster, promoted.Cause).ShouldBe(("east", "west", "east is fenced"));
        promoted.Token.ShouldBe(T(20).ToString());
        promoted.Grains.ShouldHaveSingleItem().ShouldBe(Changed("a", E(12), E(20)));
        var again = events[2].ShouldBeOfType<GrainClaimed>();
        (again.FromCluster, again.PreviousHolder).ShouldBe(("west", null));
        var released = events[3].ShouldBeOfType<GrainReleased>();
        (released.FromCluster, released.PreviousHolder).ShouldBe(("west", S(13).ToString()));
        released.Grains.ShouldHaveSingleItem().ShouldBe(Changed("a", E(21), E(21)));
    }

    [Fact]
    public async Task An_announcement_carries_the_trace_that_caused_it()
    {
        var directory = await OpenedAsync();
        using var activity = new Activity("incident").SetIdFormat(ActivityIdFormat.W3C).Start();

        await directory.ClaimAsync(G("a"), East, 11, 11);

        var entry = (await directory.OutboxAsync()).ShouldHaveSingleItem();
        ActivityContext.TryParse(entry.TraceParent, null, out var context).ShouldBeTrue();
        context.TraceId.ShouldBe(activity.TraceId);
    }

    [Fact]
    public async Task The_outbox_is_read_after_a_sequence_and_by_pages()
    {
        var directory = await OpenedAsync();
        foreach (var grain in Many(45)) await directory.ClaimAsync(grain, East, 11, 11);

        var page = await directory.ReadOutboxAsync(0, 3, 30, Cancel);
        var last = await directory.ReadOutboxAsync(0, 44, 30, Cancel);
        var none = await directory.ReadOutboxAsync(0, 45, 30, Cancel);

        page.Entries.Select(entry => entry.Seq).ShouldBe(Enumerable.Range(4, 30).Select(seq => (ulong)seq));
        page.Floor.ShouldBe(Floor);
        last.Entries.ShouldHaveSingleItem().Seq.ShouldBe(45ul);
        none.Entries.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_outbox_is_trimmed_under_the_installed_grant_only()
    {
        var directory = await OpenedAsync();
        foreach (var grain in Many(3)) await directory.ClaimAsync(grain, East, 11, 11);
        var without = await directory.TrimAsync(FailoverWest, 20, 2);
        await directory.GrantAsync(FailoverWest, 20);

        var stale = await directory.TrimAsync(FailoverWest, 19, 2);
        var trimmed = await directory.TrimAsync(FailoverWest, 20, 2);
        var again = await directory.TrimAsync(FailoverWest, 20, 1);

        without.Status.ShouldBe(DirectoryStatus.GrantSuperseded);
        stale.Status.ShouldBe(DirectoryStatus.GrantSuperseded);
        stale.Bound.ShouldBe(T(20));
        trimmed.Status.ShouldBe(DirectoryStatus.Ok);
        again.Status.ShouldBe(DirectoryStatus.Ok);
        (await directory.OutboxAsync()).ShouldHaveSingleItem().Seq.ShouldBe(3ul);
    }

    [Fact]
    public async Task The_outbox_is_not_trimmed_under_a_token_below_the_floor()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 11);
        await directory.GrantAsync(FailoverWest, 20);
        await directory.GrantAsync(FailoverNorth, 30);
        await directory.RaiseFloorAsync(0, FailoverNorth, T(30), T(25), Cancel);

        var below = await directory.TrimAsync(FailoverWest, 20, 1);
        var above = await directory.TrimAsync(FailoverNorth, 30, 0);

        (below.Status, below.Bound).ShouldBe((DirectoryStatus.BelowFloor, T(25)));
        above.Status.ShouldBe(DirectoryStatus.Ok);
        (await directory.OutboxAsync()).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_full_outbox_refuses_claims_and_promotions_until_it_is_trimmed_but_not_releases()
    {
        var directory = await OpenedAsync(new DirectoryOptions { Shards = 1, OutboxEntriesMax = 3 });
        await directory.GrantAsync(FailoverWest, 20);
        foreach (var grain in Many(3)) await directory.ClaimAsync(grain, East, 11, 11);

        var claim = await directory.ClaimAsync(G("late"), East, 11, 11);
        var repeated = await directory.ClaimAsync(G("k0"), East, 11, 11);
        var register = await directory.RegisterAsync(Ext("late"), East, 1);
        var promote = await directory.PromoteAsync(FailoverWest, 20, East);
        var nothing = await directory.PromoteAsync(FailoverWest, 20, North);
        var release = await directory.ReleaseAsync(G("k0"), E(11), 11);

        claim.Status.ShouldBe(DirectoryStatus.OutboxFull);
        claim.Record.ShouldBeNull();
        repeated.Status.ShouldBe(DirectoryStatus.Ok);
        register.Status.ShouldBe(DirectoryStatus.OutboxFull);
        promote.Status.ShouldBe(DirectoryStatus.OutboxFull);
        promote.Promoted.ShouldBe(0);
        nothing.Status.ShouldBe(DirectoryStatus.Ok);
        release.Status.ShouldBe(DirectoryStatus.Ok);

        await directory.TrimAsync(FailoverWest, 20, 4);
        (await directory.ClaimAsync(G("late"), East, 11, 11)).Status.ShouldBe(DirectoryStatus.Ok);
        (await directory.PromoteAsync(FailoverWest, 20, East)).Promoted.ShouldBe(3);
    }

    [Fact]
    public async Task A_full_outbox_is_also_one_with_too_many_bytes()
    {
        var directory = await OpenedAsync(new DirectoryOptions { Shards = 1, OutboxBytesMax = 1 << 20 });
        await directory.GrantAsync(FailoverWest, 20);
        var grains = Enumerable.Range(0, 2_500).Select(i => G($"{i:d4}{new string('ж', 250)}")).ToList();
        foreach (var batch in grains.Chunk(500)) await directory.ClaimAllAsync(batch[..450], East, 11, 11);

        var full = await directory.ClaimAsync(G("late"), East, 11, 11);
        await directory.TrimAsync(FailoverWest, 20, 3);
        var trimmed = await directory.ClaimAsync(G("late"), East, 11, 11);

        full.Status.ShouldBe(DirectoryStatus.OutboxFull);
        trimmed.Status.ShouldBe(DirectoryStatus.Ok);
    }

    [Fact]
    public async Task A_page_of_the_outbox_ends_with_the_entry_that_reaches_a_mebibyte()
    {
        var directory = await OpenedAsync();
        var grains = Enumerable.Range(0, 3_000).Select(i => G($"{i:d4}{new string('ж', 250)}")).ToList();
        foreach (var batch in grains.Chunk(500)) await directory.ClaimAllAsync(batch, East, 11, 11);

        var page = await directory.ReadOutboxAsync(0, 0, 1_000, Cancel);
        var rest = await directory.ReadOutboxAsync(0, page.Entries[^1].Seq, 1_000, Cancel);

        // 500 lines of about 510 bytes: the fifth entry is the one. Characters are half as many.
        page.Entries.Select(entry => entry.Seq).ShouldBe([1ul, 2ul, 3ul, 4ul, 5ul]);
        rest.Entries.Select(entry => entry.Seq).ShouldBe([6ul]);
    }

    [Fact]
    public async Task The_history_of_a_grain_tells_newest_first_what_was_done_to_it()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAllAsync([G("a"), G("b")], East, 11, 11);
        await directory.GrantAsync(FailoverWest, 20);
        await directory.PromoteAsync(FailoverWest, 20, East);
        await directory.ClaimAsync(G("a"), West, 13, 21);
        await directory.ReleaseAsync(G("a"), E(21), 13);

        var history = await directory.HistoryAsync(G("a"), 10, Cancel);
        var newest = await directory.HistoryAsync(G("a"), 1, Cancel);

        history.Entries.Select(entry => entry.Cause).ShouldBe(["release", "claim", "promote: east is fenced", "claim"]);
        history.Entries.Select(entry => entry.Record).ShouldBe(
        [
            Record(G("a"), West, null, E(21), tombstone: true),
            Record(G("a"), West, 13, E(21)),
            Record(G("a"), West, null, E(20)),
            Record(G("a"), East, 11, E(11)),
        ]);
        newest.Entries.ShouldHaveSingleItem().ShouldBe(history.Entries[0]);
        (await directory.HistoryAsync(G("c"), 10, Cancel)).Entries.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_history_of_a_grain_whose_line_says_only_its_name_is_that_of_the_line_before()
    {
        // Some names begin with others; two epochs and two kinds, so that some lines say more than a name.
        var grains = new[] { G("ab"), G("a"), G("a b"), G("abc"), new GrainId("car", "t/a"), G("b") };
        var directory = await OpenedAsync();
        await directory.ClaimAllAsync(grains[..3], East, 11, 11);
        await directory.ClaimAllAsync(grains[3..], East, 12, 12);
        await directory.GrantAsync(FailoverWest, 20);
        await directory.PromoteAsync(FailoverWest, 20, East);

        foreach (var (index, grain) in grains.Index())
        {
            var history = await directory.HistoryAsync(grain, 10, Cancel);
            history.Entries.Select(entry => entry.Record).ShouldBe(
            [
                Record(grain, West, null, E(20)),
                index < 3 ? Record(grain, East, 11, E(11)) : Record(grain, East, 12, E(12)),
            ]);
        }

        foreach (var part in new[] { G("bc"), G(" b"), G("abcd") })
            (await directory.HistoryAsync(part, 10, Cancel)).Entries.ShouldBeEmpty();
        var told = (await directory.OutboxAsync()).Select(entry => OutboxEvents.Decode(0, entry))
            .OfType<GrainPromoted>().ShouldHaveSingleItem();
        told.Grains.ShouldBe(
            grains.Select((grain, index) => Changed(grain, E(index < 3 ? 11ul : 12ul), E(20))), ignoreOrder: true);
    }

    [Fact]
    public async Task The_history_of_a_grain_is_found_behind_many_other_changes()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 11);
        foreach (var grain in Many(250)) await directory.ClaimAsync(grain, East, 11, 11);

        var history = await directory.HistoryAsync(G("a"), 10, Cancel);

        history.Entries.ShouldHaveSingleItem().Seq.ShouldBe(1ul);
    }

    [Fact]
    public async Task The_history_forgets_its_oldest_changes()
    {
        var directory = await OpenedAsync(new DirectoryOptions { Shards = 1, HistoryEntriesMax = 5 });
        await directory.ClaimAsync(G("a"), East, 11, 11);
        foreach (var grain in Many(500)) await directory.ClaimAsync(grain, East, 11, 11);

        (await directory.HistoryAsync(G("a"), 10, Cancel)).Entries.ShouldBeEmpty();
        (await directory.HistoryAsync(G("k499"), 10, Cancel)).Entries.ShouldHaveSingleItem();
    }

    private static GrainChange Changed(string key, Epoch? old, Epoch now) => Changed(G(key), old, now);

    private static GrainChange Changed(GrainId grain, Epoch? old, Epoch now) => new()
    {
        Type = grain.Type,
        Key = grain.Key,
        OldEpoch = old?.ToString(),
        NewEpoch = now.ToString(),
    };
}
