using FsCheck.Fluent;

namespace Holdfast.Client.Guards.Tests;

/// <summary>What every guard does, whatever the resource behind it.</summary>
public abstract class GuardContract
{
    private static int _grains;

    /// <summary>Fewer where each write goes through a disk.</summary>
    protected virtual int PropertyRuns => 100;

    /// <summary>Parts of an epoch that no guard must take for one.</summary>
    public static TheoryData<string> NoEpochs =>
    [
        "nonsense",
        "0000000000000009",
        "0000000000000009-1",
        "0000000000000009-000000000000000g",
        "0000000000000009_0000000000000001",
        "0000000000000009-00000000000000001",
        "'); DROP TABLE holdfast_epochs; --",
    ];

    protected abstract IGuardedStore Store { get; }

    [Fact]
    public async Task An_owner_writes_as_often_as_he_likes()
    {
        var grain = NewGrain();

        (await WriteAsync(grain, EpochOf(5), "one")).ShouldBe(Written(EpochOf(5)));
        (await WriteAsync(grain, EpochOf(5), "two")).ShouldBe(Written(EpochOf(5)));

        (await Store.ReadAsync(grain)).ShouldBe(["one", "two"]);
    }

    [Fact]
    public async Task Below_the_highest_nothing_is_written_and_the_answer_says_what_is_wanted()
    {
        var grain = NewGrain();
        await WriteAsync(grain, EpochOf(5), "old");
        await WriteAsync(grain, EpochOf(9), "new");

        (await WriteAsync(grain, EpochOf(5), "late")).ShouldBe(Refused(EpochOf(9)));
        (await WriteAsync(grain, EpochOf(8), "late")).ShouldBe(Refused(EpochOf(9)));
        (await WriteAsync(grain, EpochOf(9), "newer")).ShouldBe(Written(EpochOf(9)));

        (await Store.ReadAsync(grain)).ShouldBe(["old", "new", "newer"]);
    }

    [Fact]
    public async Task The_token_counts_before_the_counter()
    {
        var grain = NewGrain();
        await WriteAsync(grain, EpochOf(15, counter: 16), "first");

        (await WriteAsync(grain, EpochOf(9, counter: ulong.MaxValue), "late")).Outcome.ShouldBe(WriteOutcome.Refused);
        (await WriteAsync(grain, EpochOf(15, counter: 10), "late")).Outcome.ShouldBe(WriteOutcome.Refused);
        (await WriteAsync(grain, EpochOf(15, counter: 17), "again")).Outcome.ShouldBe(WriteOutcome.Written);
        (await WriteAsync(grain, EpochOf(16), "next")).Outcome.ShouldBe(WriteOutcome.Written);
        (await WriteAsync(grain, EpochOf(ulong.MaxValue, ulong.MaxValue), "last")).Outcome
            .ShouldBe(WriteOutcome.Written);
    }

    [Fact]
    public async Task Grains_are_guarded_one_by_one_whatever_their_names()
    {
        var plain = NewGrain();
        var odd = new GrainId(plain.Type, $"{plain.Key} ü/'\"{{%2F}}");
        await WriteAsync(plain, EpochOf(9), "plain");

        (await WriteAsync(odd, EpochOf(5), "odd")).ShouldBe(Written(EpochOf(5)));
        (await WriteAsync(odd, EpochOf(4), "late")).ShouldBe(Refused(EpochOf(5)));

        (await Store.ReadAsync(odd)).ShouldBe(["odd"]);
        (await Store.ReadAsync(plain)).ShouldBe(["plain"]);
    }

    [Theory, MemberData(nameof(NoEpochs))]
    public async Task What_is_no_epoch_is_an_error_by_name_and_changes_nothing(string text)
    {
        var grain = NewGrain();
        await WriteAsync(grain, EpochOf(5), "kept");

        var answer = await Store.WriteAsync(grain, text, "wrong");

        answer.Outcome.ShouldBe(WriteOutcome.Malformed, answer.Said);
        answer.Said.ShouldContain("epoch");
        (await WriteAsync(grain, EpochOf(5), "still")).ShouldBe(Written(EpochOf(5)));
        (await Store.ReadAsync(grain)).ShouldBe(["kept", "still"]);
    }

    [Fact]
    public Task Whoever_writes_in_whatever_order_it_is_as_if_one_compared_with_the_highest()
    {
        var write = from grain in Gen.Choose(0, 1)
                    from token in Gen.Choose(1, 6)
                    from counter in Gen.Choose(1, 3)
                    select (grain, epoch: EpochOf((ulong)token, (ulong)counter));
        return Prop.ForAll(write.ArrayOf().ToArbitrary(), PlaysLikeItsTwinAsync).CheckAsync(PropertyRuns);
    }

    [Fact]
    public async Task Of_many_writers_at_once_none_comes_after_a_newer_one()
    {
        const int Writers = 16;
        const int WritesEach = 25;
        var grain = NewGrain();
        var answers = await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            var own = new List<(Epoch Epoch, WriteAnswer Answer)>();
            for (var i = 0; i < WritesEach; i++)
            {
                // Each has epochs of his own, between those of the others, up and down.
                var epoch = EpochOf((ulong)((((i * 7) + writer) % WritesEach * Writers) + writer + 1));
                own.Add((epoch, await WriteAsync(grain, epoch, epoch.ToString())));
            }

            return own;
        })));

        var all = answers.SelectMany(own => own).ToList();
        var words = (await Store.ReadAsync(grain)).Select(Epoch.Parse).ToList();
        words.ShouldBe(words.Order());
        words.ShouldBe(
            all.Where(one => one.Answer.Outcome == WriteOutcome.Written).Select(one => one.Epoch), ignoreOrder: true);
        words[^1].ShouldBe(all.Max(one => one.Epoch));
        foreach (var (epoch, answer) in all.Where(one => one.Answer.Outcome == WriteOutcome.Refused))
            Epoch.Parse(answer.Said).ShouldBeGreaterThan(epoch);
    }

    [Fact]
    public async Task A_resource_that_keeps_what_it_wrote_keeps_its_guard_closed_over_a_restart()
    {
        var grain = NewGrain();
        await WriteAsync(grain, EpochOf(5), "old");
        await WriteAsync(grain, EpochOf(9), "new");

        await Store.RestartAsync();

        (await WriteAsync(grain, EpochOf(5), "late")).ShouldBe(Refused(EpochOf(9)));
        (await WriteAsync(grain, EpochOf(9), "newer")).ShouldBe(Written(EpochOf(9)));
        (await Store.ReadAsync(grain)).ShouldBe(["old", "new", "newer"]);
    }

    [Fact]
    public async Task A_guard_that_lost_its_memory_lets_an_old_owner_in_until_the_new_one_writes_again()
    {
        var grain = NewGrain();
        await WriteAsync(grain, EpochOf(9), "new");

        await Store.ForgetAsync();

        // The limit that docs/protocols/guards.md states: nothing but the new owner's next write closes it again.
        (await WriteAsync(grain, EpochOf(5), "late")).ShouldBe(Written(EpochOf(5)));
        (await WriteAsync(grain, EpochOf(9), "newer")).ShouldBe(Written(EpochOf(9)));
        (await WriteAsync(grain, EpochOf(5), "later")).ShouldBe(Refused(EpochOf(9)));
    }

    protected static GrainId NewGrain() => new("account", $"guard-{Interlocked.Increment(ref _grains)}");

    protected static Epoch EpochOf(ulong token, ulong counter = 1) => new(new Token(token), counter);

    private static WriteAnswer Written(Epoch epoch) => new(WriteOutcome.Written, epoch.ToString());

    private static WriteAnswer Refused(Epoch highest) => new(WriteOutcome.Refused, highest.ToString());

    private Task<WriteAnswer> WriteAsync(GrainId grain, Epoch epoch, string word) =>
        Store.WriteAsync(grain, epoch.ToString(), word);

    private async Task PlaysLikeItsTwinAsync((int Grain, Epoch Epoch)[] writes)
    {
        GrainId[] grains = [NewGrain(), NewGrain()];
        var highest = new Epoch[grains.Length];
        List<string>[] words = [[], []];
        foreach (var (grain, epoch) in writes)
        {
            var passes = epoch >= highest[grain];
            if (passes)
            {
                highest[grain] = epoch;
                words[grain].Add(epoch.ToString());
            }

            (await WriteAsync(grains[grain], epoch, epoch.ToString()))
                .ShouldBe(passes ? Written(epoch) : Refused(highest[grain]));
        }

        for (var i = 0; i < grains.Length; i++) (await Store.ReadAsync(grains[i])).ShouldBe(words[i]);
    }
}
