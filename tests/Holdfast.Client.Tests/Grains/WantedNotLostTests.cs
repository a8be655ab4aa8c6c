using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Holdfast.Directory;
using Holdfast.Primitives;
using Holdfast.Servers;
using static Holdfast.Client.Tests.Grains.KeeperWorld;

namespace Holdfast.Client.Tests.Grains;

/// <summary>What was wanted while somebody did not answer is done once they do, and what is left out is said.</summary>
public sealed class WantedNotLostTests
{
    private const int StepFailed = 8407;
    private const int Told = 8408;
    private const int Unanswered = 8406;
    private const int LeftOut = 8416;
    private const int Postponed = 8417;
    private const int GivenUp = 8418;

    private static readonly IReadOnlyList<GrainId> Some = [.. Enumerable.Range(0, 20).Select(i => G($"{i}"))];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_wish_whose_turn_comes_while_nobody_of_Consensus_answers_is_carried_out_later()
    {
        await using var world = await StartAsync();
        using var said = new RecordedLog();
        var (east, west) = (await world.KeepAsync(East, log: said), await world.KeepAsync(West));
        await east.Keeper.ClaimAsync([G("1"), G("2")], Cancel);
        var drained = new TaskCompletionSource();
        east.Program.Drained = drained.Task;
        (await WishAsync()).ShouldBe(TransferWishAnswer.Accepted);
        await UntilAsync("the first grain drained", () => east.Program.Drains == 1);
        (await WishAsync()).ShouldBe(TransferWishAnswer.Accepted);

        // Who was seen before that is forgotten with the second failure: each step after one looks at the shards anew.
        world.Sessions.AnswersNobody = true;
        await UntilFailedAsync(said, steps: 2);
        drained.SetResult();
        await UntilFailedAsync(said, steps: said.Of(StepFailed).Count + 2);
        east.Program.Drains.ShouldBe(1);
        world.Sessions.AnswersNobody = false;

        west.Keeper.ExpectOffers(East);
        await UntilAsync("both grains in west", () => west.Keeper.Held.Count == 2);

        Task<TransferWishAnswer> WishAsync() => east.Keeper.WishTransferAsync(West, null, grainsMax: 1, Cancel);
    }

    [Fact]
    public async Task A_wish_that_comes_while_shards_do_not_answer_is_carried_out_for_what_lives_there_once_they_do()
    {
        await using var world = await StartAsync();
        using var said = new RecordedLog();
        var (directory, failing) = CallsFailing.Over(world.Directory);
        var east = await world.KeepAsync(East, directory: directory, log: said);
        var west = await world.KeepAsync(West);
        await east.Keeper.ClaimAsync(Some, Cancel);
        failing.Failing = [nameof(IGrainDirectory.ShardAsync)];
        await UntilAsync("all shards silent", () => said.Of(Unanswered).Count == directory.Shards);

        west.Keeper.ExpectOffers(East);
        (await WishAllAsync(east)).ShouldBe(TransferWishAnswer.Accepted);
        await UntilAsync("the wish postponed", () => said.Of(Postponed).Count > 0);
        east.Program.Drains.ShouldBe(0);
        Some.ShouldAllBe(grain => east.Serves(grain) != null);

        failing.Failing = [];
        await west.ServesAllAsync(Some);
    }

    [Fact]
    public async Task A_wish_that_comes_while_grains_are_loaded_is_carried_out_once_they_are_served()
    {
        await using var world = await StartAsync();
        using var said = new RecordedLog();
        var (east, west) = (await world.KeepAsync(East, log: said), await world.KeepAsync(West));
        var (loaded, claiming) = await LoadingAsync(east, Some);

        west.Keeper.ExpectOffers(East);
        (await WishAllAsync(east)).ShouldBe(TransferWishAnswer.Accepted);
        await UntilAsync("the wish postponed", () => said.Of(Postponed).Count > 0);
        loaded.SetResult();

        await claiming;
        await west.ServesAllAsync(Some);
    }

    [Fact]
    public async Task A_wish_outlives_the_session_under_which_it_came()
    {
        await using var world = await StartAsync();
        using var said = new RecordedLog();
        var (east, west) = (await world.KeepAsync(East, log: said), await world.KeepAsync(West));
        var (loaded, claiming) = await LoadingAsync(east, Some);
        await WishAllAsync(east);
        await UntilAsync("the wish postponed", () => said.Of(Postponed).Count > 0);

        west.Keeper.ExpectOffers(East);
        world.Sessions.Become(east.Session.Id, "ended");
        await east.RunNextAsync(await world.SessionAsync(East));
        loaded.SetResult();

        await claiming;
        await west.ServesAllAsync(Some);
    }

    [Fact]
    public async Task A_wish_for_what_was_withdrawn_before_waits_for_its_next_epoch()
    {
        await using var world = await StartAsync();
        var (east, west) = (await world.KeepAsync(East), await world.KeepAsync(West));
        await east.Keeper.ClaimAsync(Some, Cancel);
        await east.Keeper.OfferAsync(Some, West, Cancel);
        await east.Keeper.WithdrawAsync(Some, Cancel);

        west.Keeper.ExpectOffers(East);
        (await WishAllAsync(east)).ShouldBe(TransferWishAnswer.Accepted);

        await west.ServesAllAsync(Some);
    }

    [Fact]
    public async Task What_a_wish_could_not_offer_in_time_is_kept()
    {
        await using var world = await StartAsync();
        using var said = new RecordedLog();
        var east = await world.KeepAsync(
            East, Options with { DrainDeadline = TimeSpan.FromMilliseconds(200) }, log: said);
        var west = await world.KeepAsync(West);
        var (loaded, claiming) = await LoadingAsync(east, Some);

        west.Keeper.ExpectOffers(East);
        await WishAllAsync(east);
        await UntilAsync("the wish given up", () => said.Of(GivenUp).Count > 0);
        loaded.SetResult();

        await claiming;
        said.Of(GivenUp).ShouldHaveSingleItem().ShouldStartWith($"{Some.Count} grains could not be offered to west");
        Some.ShouldAllBe(grain => east.Serves(grain) != null);
        east.Program.Drains.ShouldBe(0);
    }

    [Fact]
    public async Task A_wish_for_a_number_of_grains_is_not_carried_out_twice_for_those_that_are_tried_again()
    {
        await using var world = await StartAsync();
        using var said = new RecordedLog();
        var (east, west) = (await world.KeepAsync(East, log: said), await world.KeepAsync(West));
        await east.Keeper.ClaimAsync([.. Some.Take(8)], Cancel);
        var (loaded, claiming) = await LoadingAsync(east, [.. Some.Skip(8)]);

        west.Keeper.ExpectOffers(East);
        await east.Keeper.WishTransferAsync(West, "order", grainsMax: 10, Cancel);
        await west.ServesAllAsync(Some.Take(8));
        loaded.SetResult();
        await claiming;

        await UntilAsync("two more in west", () => west.Keeper.Held.Count == 10);
        await UntilAsync("the others left in east", () => east.Keeper.Held.Count == Some.Count - 10);
        east.Program.Drains.ShouldBe(10);
    }

    [Fact]
    public async Task A_look_at_the_shards_that_fails_is_had_again_without_waiting_for_its_interval()
    {
        await using var world = await StartAsync();
        using var said = new RecordedLog();
        var east = await world.KeepAsync(
            East,
            Options with { CheckInterval = TimeSpan.FromMinutes(1), ListInterval = TimeSpan.FromMinutes(1) },
            log: said);
        var grains = Enumerable.Range(0, 20).Select(i => G($"{i}")).ToList();
        await east.Keeper.ClaimAsync(grains, Cancel);

        // A claim is answered that the memory is lost, so a look is wanted; telling needs a newer token first.
        world.Sessions.AdvancesNobody = true;
        await world.ForgetAsync();
        (await east.Keeper.ClaimAsync([G("new")], Cancel)).ShouldAllBe(result => !result.IsHeld);
        await UntilAsync("a look that failed", () => said.Of(StepFailed).Count > 0);
        world.Sessions.AdvancesNobody = false;

        await UntilAsync("everything told again", () => said.Of(Told).Count > 0);
        foreach (var grain in grains) (await world.RecordAsync(grain))!.Epoch.ShouldBe(east.Keeper.Held[grain]);
    }

    [Fact]
    public async Task A_round_of_reports_leaves_out_the_shards_that_are_known_not_to_answer()
    {
        await using var world = await StartAsync();
        var (directory, forgetful) = Forgetful.Over(world.Directory);
        var last = world.Directory.Shards - 1;

        new DirectoryLossReports(directory, world.Consensus).BeginReport(Cancel, shard => shard != last);

        await UntilAsync("a look at the last shard", () => forgetful.Looks > 0);
        forgetful.Looks.ShouldBe(1);
        forgetful.LookedAt.ShouldBe([last]);
        forgetful.Answers.SetResult();
    }

    [Fact]
    public async Task Grains_left_out_for_want_of_room_are_counted_each_time_and_said_once_until_there_is_room()
    {
        await using var world = await StartAsync();
        using var counted = new LeftOutCounter();
        using var said = new RecordedLog();
        var east = await world.KeepAsync(East, Options with { GrainsMax = 3 }, log: said);

        await east.Keeper.ClaimAsync([.. Enumerable.Range(0, 9).Select(i => G($"{i}"))], Cancel);
        await east.Keeper.ClaimAsync([G("more")], Cancel);
        counted.Total.ShouldBe(7);
        said.Of(LeftOut).ShouldHaveSingleItem().ShouldStartWith("6 grains are left out");

        await east.Keeper.ReleaseAsync([east.Keeper.Held.Keys.First()], Cancel);
        (await east.Keeper.ClaimAsync([G("more")], Cancel)).ShouldHaveSingleItem().IsHeld.ShouldBeTrue();
        await east.Keeper.ClaimAsync([G("yet more")], Cancel);
        counted.Total.ShouldBe(8);
        said.Of(LeftOut).Count.ShouldBe(2);
    }

    private static Task UntilFailedAsync(RecordedLog said, int steps) =>
        UntilAsync("steps that failed", () => said.Of(StepFailed).Count >= steps);

    /// <summary>
    /// Claims grains whose load takes until it is told to end; all of <see cref="Some"/> are held then.
    /// </summary>
    private static async Task<(TaskCompletionSource Loaded, Task Claiming)> LoadingAsync(
        Kept keeper, IReadOnlyCollection<GrainId> grains)
    {
        var loaded = new TaskCompletionSource();
        keeper.Program.Loaded = loaded.Task;
        var claiming = keeper.Keeper.ClaimAsync(grains, Cancel);
        await UntilAsync("all grains held", () => keeper.Keeper.Held.Count == Some.Count);
        return (loaded, claiming);
    }

    private static Task<TransferWishAnswer> WishAllAsync(Kept giver) =>
        giver.Keeper.WishTransferAsync(West, "order", grainsMax: null, Cancel);

    /// <summary>Counts what the calls of one test leave out, however many other tests run beside it.</summary>
    private sealed class LeftOutCounter : IDisposable
    {
        private readonly AsyncLocal<LeftOutCounter?> _current = new();
        private readonly ConcurrentQueue<long> _counted = new();
        private readonly MeterListener _listener = new();

        public LeftOutCounter()
        {
            _current.Value = this;
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "holdfast.client.grains.leftout") listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((_, count, _, _) =>
            {
                if (_current.Value == this) _counted.Enqueue(count);
            });
            _listener.Start();
        }

        public long Total => _counted.Sum();

        public void Dispose() => _listener.Dispose();
    }
}
