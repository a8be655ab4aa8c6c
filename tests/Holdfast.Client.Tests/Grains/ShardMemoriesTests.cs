using Holdfast.Directory;
using Holdfast.Primitives;

namespace Holdfast.Client.Tests.Grains;

public sealed class ShardMemoriesTests
{
    private readonly ShardMemories _memories = new(2);

    [Fact]
    public void A_shard_seen_for_the_first_time_and_one_that_stays_the_same_ask_for_nothing()
    {
        Saw(DirectoryStatus.Ok, "one").ShouldBe(ShardCall.None);
        Saw(DirectoryStatus.Ok, "one").ShouldBe(ShardCall.None);

        _memories.IsSound(0).ShouldBeTrue();
        _memories.GenOf(0).ShouldBe("one");
    }

    [Fact]
    public void A_shard_that_listens_is_told_until_all_was_heard_and_claimed_again_when_it_listens_no_more()
    {
        Saw(DirectoryStatus.Ok, "one");

        Saw(DirectoryStatus.Reasserting, "two").ShouldBe(ShardCall.Tell);
        _memories.IsSound(0).ShouldBeFalse();
        Saw(DirectoryStatus.Reasserting, "two").ShouldBe(ShardCall.Tell);
        _memories.Told(0, "two");
        Saw(DirectoryStatus.Reasserting, "two").ShouldBe(ShardCall.None);

        Saw(DirectoryStatus.Ok, "two").ShouldBe(ShardCall.ClaimAgain);
        Saw(DirectoryStatus.Ok, "two").ShouldBe(ShardCall.None);
    }

    [Fact]
    public void A_second_loss_in_the_window_is_told_again()
    {
        Saw(DirectoryStatus.Reasserting, "two");
        _memories.Told(0, "two");

        Saw(DirectoryStatus.Reasserting, "three").ShouldBe(ShardCall.Tell);
        _memories.Told(0, "two");

        Saw(DirectoryStatus.Reasserting, "three").ShouldBe(ShardCall.Tell);
    }

    [Fact]
    public void A_window_that_nobody_saw_is_noticed_by_the_other_memory()
    {
        Saw(DirectoryStatus.Ok, "one");

        Saw(DirectoryStatus.Ok, "two").ShouldBe(ShardCall.Missed);
    }

    [Fact]
    public void A_window_that_closed_before_all_was_heard_was_missed()
    {
        Saw(DirectoryStatus.Reasserting, "two").ShouldBe(ShardCall.Tell);

        Saw(DirectoryStatus.Ok, "two").ShouldBe(ShardCall.Missed);
    }

    [Fact]
    public void A_shard_that_may_have_lost_its_memory_is_not_believed_until_it_is_known()
    {
        Saw(DirectoryStatus.Ok, "one");

        Saw(DirectoryStatus.ShardLost, "").ShouldBe(ShardCall.None);
        _memories.IsSound(0).ShouldBeFalse();

        Saw(DirectoryStatus.Ok, "one").ShouldBe(ShardCall.None, "it was restarted, and lost nothing");
        _memories.IsSound(0).ShouldBeTrue();

        Saw(DirectoryStatus.ShardLost, "");
        Saw(DirectoryStatus.Ok, "two").ShouldBe(ShardCall.Missed);
    }

    [Fact]
    public void A_process_that_nobody_has_confirmed_in_the_window_does_not_end_it()
    {
        Saw(DirectoryStatus.Reasserting, "two");
        _memories.Told(0, "two");
        Saw(DirectoryStatus.ShardLost, "two");

        Saw(DirectoryStatus.Ok, "two").ShouldBe(ShardCall.ClaimAgain);
    }

    [Fact]
    public void Shards_are_known_each_on_its_own()
    {
        Saw(DirectoryStatus.Ok, "one");

        _memories.IsSound(1).ShouldBeFalse();
        _memories.GenOf(1).ShouldBeEmpty();
    }

    private ShardCall Saw(DirectoryStatus status, string gen) =>
        _memories.Saw(new ShardAnswer(0, status, new ShardVersion(gen, 1), Token.None));
}
