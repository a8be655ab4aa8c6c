using Holdfast.Contracts;
using Holdfast.Directory;
using Holdfast.Failover.Rounds.World;
using Holdfast.Primitives;

namespace Holdfast.Failover.Rounds.Checks;

/// <summary>The check of announcements is shown what it must find, and what it must let pass.</summary>
public sealed class CheckTests
{
    private static readonly GrainId Grain = new("order", "1");

    [Fact]
    public void A_chain_in_order_with_repeats_is_well() =>
        Problems([Claimed(1, 0, 1), Promoted(2, 1, 2), Claimed(1, 0, 1), Claimed(3, 2, 3), Promoted(2, 1, 2)], 3)
            .ShouldBeEmpty();

    [Fact]
    public void Types_need_no_order_among_each_other() =>
        Problems([Claimed(1, 0, 1), Claimed(3, 2, 3), Promoted(2, 1, 2)], 3).ShouldBeEmpty();

    [Fact]
    public void A_later_change_that_comes_first_is_found() =>
        Problems([Claimed(3, 2, 3), Claimed(1, 0, 1), Promoted(2, 1, 2)], 3)
            .ShouldHaveSingleItem().ShouldContain("came after");

    [Fact]
    public void A_change_that_nobody_told_is_found() =>
        Problems([Claimed(1, 0, 1), Claimed(3, 2, 3)], 3)
            .ShouldHaveSingleItem().ShouldContain("nobody told how it came there");

    [Fact]
    public void A_last_change_that_nobody_told_is_found() =>
        Problems([Claimed(1, 0, 1), Promoted(2, 1, 2)], 3).ShouldHaveSingleItem().ShouldContain("was told last");

    [Fact]
    public void A_change_that_the_directory_does_not_remember_is_found()
    {
        Announcement[] heard = [Claimed(1, 0, 1), Promoted(2, 1, 2)];

        AnnouncementCheck.Against(heard, Grain, [Remembered(2), Remembered(1)]).ShouldBeEmpty();
        AnnouncementCheck.Against(heard, Grain, [Remembered(1)]).ShouldHaveSingleItem();
        AnnouncementCheck.Against(heard, Grain, [Remembered(1), Remembered(2), Remembered(3)]).ShouldHaveSingleItem();
    }

    private static IReadOnlyList<string> Problems(IReadOnlyList<Announcement> heard, ulong last) =>
        AnnouncementCheck.Problems(heard, [RecordUnder(last)]);

    private static HistoryEntry Remembered(ulong token) => new(DateTime.UnixEpoch, "", RecordUnder(token), token);

    private static GrainRecord RecordUnder(ulong token) => new(
        Grain, new ClusterId("west"), null, Epoch.First(new Token(token)), GrainKind.Fenced, Tombstone: false);

    private static GrainChange[] Change(ulong old, ulong next) =>
    [
        new()
        {
            Type = Grain.Type,
            Key = Grain.Key,
            OldEpoch = old == 0 ? null : Epoch.First(new Token(old)).ToString(),
            NewEpoch = Epoch.First(new Token(next)).ToString(),
        },
    ];

    private static Announcement Claimed(ulong seq, ulong old, ulong next)
    {
        var claimed = new GrainClaimed
        {
            EventId = EventIdentity.IdOf<GrainClaimed>("shard/00", EventIdentity.Sequence(1, seq)),
            OccurredAt = DateTime.UnixEpoch,
            Source = "directory/00",
            Subject = "shard/00",
            Sequence = EventIdentity.Sequence(1, seq),
            Shard = 0,
            Cause = "claim",
            Token = new Token(next).ToString(),
            Grains = Change(old, next),
            ToCluster = "west",
            Holder = "",
        };
        return new Announcement(claimed, 0, claimed.Grains, "west", null);
    }

    private static Announcement Promoted(ulong seq, ulong old, ulong next)
    {
        var promoted = new GrainPromoted
        {
            EventId = EventIdentity.IdOf<GrainPromoted>("shard/00", EventIdentity.Sequence(1, seq)),
            OccurredAt = DateTime.UnixEpoch,
            Source = "directory/00",
            Subject = "shard/00",
            Sequence = EventIdentity.Sequence(1, seq),
            Shard = 0,
            Cause = "gone",
            Token = new Token(next).ToString(),
            Grains = Change(old, next),
            ToCluster = "west",
        };
        return new Announcement(promoted, 0, promoted.Grains, "west", null);
    }
}
