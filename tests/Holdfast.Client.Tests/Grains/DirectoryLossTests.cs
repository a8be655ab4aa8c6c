using Holdfast.Contracts.Http;
using Holdfast.Directory;
using Holdfast.Primitives;
using static Holdfast.Client.Tests.Grains.KeeperWorld;

namespace Holdfast.Client.Tests.Grains;

public sealed class DirectoryLossTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_directory_that_forgot_everything_is_told_what_is_held_under_the_epochs_that_are_held()
    {
        await using var world = await StartAsync();
        world.Sessions.Definitions[GrainTypeText.KeyOf("order")] = new GrainTypeText { Kind = "leased" }.Write();
        var east = await world.KeepAsync(East);
        await east.Keeper.ClaimAsync(Grains, Cancel);
        var held = east.Keeper.Held;

        await world.ForgetAsync();

        await UntilAsync("all grains on record again", () => OnRecord(world).Count == Grains.Count);
        OnRecord(world).ShouldAllBe(record => record.Epoch == held[record.Grain] && record.Holder == east.Session.Id);
        OnRecord(world).ShouldAllBe(record => record.Kind == GrainKind.Leased);
        Grains.ShouldAllBe(grain => east.Serves(grain) == held[grain]);
    }

    [Fact]
    public async Task A_claim_that_is_answered_with_a_loss_has_the_shards_looked_at_at_once()
    {
        await using var world = await StartAsync();
        var east = await world.KeepAsync(
            East,
            Options with { CheckInterval = TimeSpan.FromMinutes(1), ListInterval = TimeSpan.FromHours(1) });
        await east.Keeper.ClaimAsync(Grains, Cancel);
        await world.ForgetAsync();

        var results = await east.Keeper.ClaimAsync([G("new")], Cancel);

        results.Single().Status.ShouldBe(DirectoryStatus.Reasserting);
        await UntilAsync("all grains on record again", () => OnRecord(world).Count == Grains.Count);
    }

    [Fact]
    public async Task Shards_are_told_side_by_side()
    {
        await using var world = await StartAsync();
        var directory = HangingDirectory.Over(world.Directory);
        var east = await world.KeepAsync(East, directory: directory);
        await east.Keeper.ClaimAsync(Grains, Cancel);
        var shards = Grains.ToLookup(grain => GrainShard.Of(grain, world.Directory.Shards));

        using var hang = directory.Hang(nameof(IGrainDirectory.ReassertAsync), shard: 0);
        await world.ForgetAsync();

        await UntilAsync(
            "the grains of all other shards on record again",
            () => OnRecord(world).Count == Grains.Count - shards[0].Count());
        hang.Dispose();
        await UntilAsync("all grains on record again", () => OnRecord(world).Count == Grains.Count);
    }

    [Fact]
    public async Task After_the_window_everything_is_claimed_and_loaded_anew_under_epochs_above_the_loss()
    {
        await using var world = await StartAsync();
        var east = await world.KeepAsync(East);
        await east.Keeper.ClaimAsync(Grains, Cancel);

        var loss = await world.ForgetAsync();
        await UntilAsync("all grains on record again", () => OnRecord(world).Count == Grains.Count);
        await world.CloseAsync(loss);

        await UntilAsync(
            "every grain served under a new epoch", () => Grains.All(grain => east.Serves(grain)?.Token > loss));
        OnRecord(world).ShouldAllBe(record => record.Epoch == east.Serves(record.Grain));
        east.Program.Losses.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_another_told_under_a_higher_epoch_is_the_others()
    {
        await using var world = await StartAsync();
        var east = await world.KeepAsync(East, Options with { ListInterval = TimeSpan.FromHours(1) });
        await east.Keeper.ClaimAsync([G("1")], Cancel);
        var west = await world.SessionAsync(West);

        // The promotion is what the directory forgets; the program in west remembers it.
        for (var shard = 0; shard < world.Directory.Shards; shard++) world.Directory.Forget(shard);
        var loss = await world.ReopenAsync();
        await west.AdvanceAsync(Cancel);
        var told = await world.Directory.ReassertAsync(
            [new HeldGrain(G("1"), Epoch.First(west.Token))], West, west.Id, west.Token, Cancel);
        told.Single().Status.ShouldBe(DirectoryStatus.Ok);

        // Whoever told first: east hears of the other at once, or with its claim after the window.
        await world.CloseAsync(loss);
        await east.Program.HearsAsync("lost order/1 Demoted");
        (await world.RecordAsync(G("1")))!.Holder.ShouldBe(west.Id);
        await west.DisposeAsync();
    }

    [Fact]
    public async Task A_holder_that_missed_the_window_claims_what_nobody_has_and_loses_what_another_has()
    {
        await using var world = await StartAsync();
        var east = await world.KeepAsync(
            East,
            Options with { CheckInterval = TimeSpan.FromMilliseconds(500), ListInterval = TimeSpan.FromHours(1) });
        await east.Keeper.ClaimAsync([G("mine"), G("theirs")], Cancel);
        var before = east.Keeper.Held[G("mine")];
        var west = await world.SessionAsync(West);

        var loss = await world.ForgetAsync();
        await world.CloseAsync(loss);
        await west.AdvanceAsync(Cancel);
        await world.Directory.ClaimAsync([new GrainClaim(G("theirs"))], West, west.Id, west.Token, Cancel);

        await UntilAsync("its own grain under a new epoch", () => east.Serves(G("mine")) > before);
        await UntilAsync("the other's grain lost", () => east.Keeper.Held.Count == 1);
        await west.DisposeAsync();
    }

    [Fact]
    public async Task A_leased_grain_whose_holder_missed_the_window_is_not_served_before_it_is_claimed_again()
    {
        await using var world = await StartAsync();
        world.Sessions.Definitions[GrainTypeText.KeyOf("order")] = new GrainTypeText { Kind = "leased" }.Write();
        var east = await world.KeepAsync(
            East,
            Options with { CheckInterval = TimeSpan.FromMilliseconds(500), ListInterval = TimeSpan.FromHours(1) });
        await east.Keeper.ClaimAsync([G("1")], Cancel);
        var before = east.Serves(G("1"));

        // Claiming again needs a token; until there is one nobody knows whose the grain is.
        world.Sessions.AdvancesNobody = true;
        await world.CloseAsync(await world.ForgetAsync());
        await UntilAsync("nothing served", () => east.Serves(G("1")) is null);
        east.Session.IsAlive().ShouldBeTrue();

        world.Sessions.AdvancesNobody = false;
        await UntilAsync("the grain served again", () => east.Serves(G("1")) > before);
    }

    [Fact]
    public async Task A_memory_that_went_back_is_not_believed_before_it_was_told_again()
    {
        await using var world = await StartAsync();
        var west = await world.KeepAsync(West);
        var east = await world.KeepAsync(East);
        await east.Keeper.ClaimAsync(Grains, Cancel);
        var old = Enumerable.Range(0, world.Directory.Shards).Select(world.Directory.Remember).ToList();
        await world.PromoteToWestAsync(East);
        await west.ServesAllAsync(Grains);
        await UntilAsync("the loss in east", () => east.Keeper.Held.Count == 0);
        await east.DisposeAsync();
        var held = west.Keeper.Held;

        for (var shard = 0; shard < world.Directory.Shards; shard++) world.Directory.RollBack(shard, old[shard]);
        west.Keeper.Suspect(Grains);
        await west.Keeper.ClaimAsync([G("another")], Cancel);
        Grains.ShouldAllBe(grain => west.Serves(grain) == held[grain]);

        var loss = await world.ReopenAsync();
        await UntilAsync("west's grains on record again", () => OnRecord(world).All(record => record.Cluster == West));
        await world.CloseAsync(loss);
        await UntilAsync(
            "every grain served under a new epoch", () => Grains.All(grain => west.Serves(grain)?.Token > loss));
        west.Program.Losses.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_was_given_away_is_not_taken_back_under_its_old_epoch_from_a_memory_that_went_back()
    {
        await using var world = await StartAsync();
        var (east, west) = (await world.KeepAsync(East), await world.KeepAsync(West));
        var before = (await east.Keeper.ClaimAsync([G("1")], Cancel)).Single().Record!.Epoch;
        var old = Enumerable.Range(0, world.Directory.Shards).Select(world.Directory.Remember).ToList();
        await east.Keeper.OfferAsync([G("1")], West, Cancel);
        await west.Keeper.AcceptAsync(East, Cancel);
        await UntilAsync("the loss in east", () => east.Keeper.Held.Count == 0);

        for (var shard = 0; shard < world.Directory.Shards; shard++) world.Directory.RollBack(shard, old[shard]);

        await east.Keeper.ClaimAsync([G("1")], Cancel);
        east.Keeper.Held[G("1")].ShouldBeGreaterThan(before);
    }

    private static IReadOnlyList<GrainId> Grains { get; } = [.. Enumerable.Range(0, 30).Select(i => G($"{i}"))];

    private static List<GrainRecord> OnRecord(KeeperWorld world) =>
        [.. world.Directory.LookupAsync(Grains, CancellationToken.None).GetAwaiter().GetResult()
            .Select(answer => answer.Record).OfType<GrainRecord>()];
}
