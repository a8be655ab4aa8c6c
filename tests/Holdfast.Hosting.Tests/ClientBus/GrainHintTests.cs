using Holdfast.Contracts;
using Holdfast.Directory;
using static Holdfast.Hosting.Tests.ClientBus.HintedWorld;

namespace Holdfast.Hosting.Tests.ClientBus;

/// <summary>What the bus does to keepers of grains: they look at once, and offer what a command wishes.</summary>
public sealed class GrainHintTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_promotion_on_the_bus_has_the_new_owner_claim_and_the_old_one_look_at_once()
    {
        await using var world = await HintedWorld.StartAsync();
        await using var east = await world.KeepAsync(East);
        await using var west = await world.KeepAsync(West);
        await east.Keeper.ClaimAsync([Grain], Cancel);
        await east.HearsAsync("load order/1");

        var record = await world.PromoteAsync();
        await world.Bus.PublishAsync(Promoted(record), null, Cancel);

        await west.HearsAsync("load order/1");
        await east.HearsAsync("lost order/1 Demoted");
    }

    [Theory]
    [InlineData(nameof(GrainDemoted))]
    [InlineData(nameof(GrainTransferred))]
    public async Task A_holder_that_hears_of_its_loss_looks_at_once_and_serves_no_more(string told)
    {
        await using var world = await HintedWorld.StartAsync();
        await using var east = await world.KeepAsync(East);
        var held = (await east.Keeper.ClaimAsync([Grain], Cancel)).Single().Record!;
        await east.HearsAsync("load order/1");

        var record = await world.PromoteAsync();
        await world.Bus.PublishAsync(
            told == nameof(GrainDemoted) ? Demoted(record, held) : Transferred(record, held), null, Cancel);

        await east.HearsAsync("lost order/1 Demoted");
        east.Keeper.TryServe(Grain, out _).ShouldBeFalse();
    }

    [Fact]
    public async Task The_command_to_offer_is_answered_by_the_givers_and_followed_by_the_receivers()
    {
        await using var world = await HintedWorld.StartAsync();
        await using var east = await world.KeepAsync(East);
        await using var west = await world.KeepAsync(West);
        await east.Keeper.ClaimAsync([Grain], Cancel);

        var answer = await world.Bus.SendAsync(Wish("west"), Cancel);

        answer.ShouldBeOfType<CommandAccepted>();
        await east.HearsAsync("drain order/1");
        await west.HearsAsync("load order/1");
        await east.HearsAsync("lost order/1 Transferred");
    }

    [Fact]
    public async Task A_program_that_does_not_keep_the_type_leaves_the_answer_to_one_that_does()
    {
        await using var world = await HintedWorld.StartAsync();
        await using var other = await world.KeepAsync(East);
        await using var rooms = await world.KeepAsync(East, "room");
        await using var west = await world.KeepAsync(West);

        var answer = await world.Bus.SendAsync(Wish("west") with { GrainType = "room" }, Cancel);

        answer.ShouldBeOfType<CommandAccepted>();
    }

    [Fact]
    public async Task A_promotion_within_the_own_cluster_has_the_holder_look_as_well()
    {
        await using var world = await HintedWorld.StartAsync();
        await using var west = await world.KeepAsync(West);
        var record = (await west.Keeper.ClaimAsync([Grain], Cancel)).Single().Record!;
        await world.Directory.ReleaseAsync(
            [new HeldGrain(Grain, record.Epoch, record.Kind)], record.Holder!.Value, Cancel);

        await world.Bus.PublishAsync(Promoted(record), null, Cancel);

        await west.HearsAsync("lost order/1 Released");
    }

    [Theory]
    [InlineData("nowhere", null, null, "unknownCluster")]
    [InlineData("no where", null, null, "invalidRequest")]
    [InlineData("east", null, null, "ownCluster")]
    [InlineData("west", null, 0, "illegalNumber")]
    public async Task A_command_that_cannot_be_is_refused_by_name_and_changes_nothing(
        string to, string? type, int? grainsMax, string code)
    {
        await using var world = await HintedWorld.StartAsync();
        await using var east = await world.KeepAsync(East);
        await using var west = await world.KeepAsync(West);
        await east.Keeper.ClaimAsync([Grain], Cancel);

        var answer = await world.Bus.SendAsync(Wish(to) with { GrainType = type, GrainsMax = grainsMax }, Cancel);

        answer.ShouldBeOfType<CommandRefused>().Code.ShouldBe(code);
        east.Keeper.TryServe(Grain, out _).ShouldBeTrue();
    }

    private static OfferTransfer Wish(string to) =>
        new() { CommandId = Guid.NewGuid(), FromCluster = "east", ToCluster = to };

    private static GrainPromoted Promoted(GrainRecord record) => new()
    {
        EventId = Guid.NewGuid(),
        OccurredAt = DateTime.UtcNow,
        Source = "directory",
        Subject = "shard/00",
        Sequence = "0000000000000001-0000000000000002",
        Shard = 0,
        Cause = "test",
        Token = record.Epoch.Token.ToString(),
        Grains = [new GrainChange { Type = Grain.Type, Key = Grain.Key, NewEpoch = record.Epoch.ToString() }],
        FromCluster = "east",
        ToCluster = "west",
    };

    private static GrainDemoted Demoted(GrainRecord record, GrainRecord before) => new()
    {
        EventId = Guid.NewGuid(),
        OccurredAt = DateTime.UtcNow,
        Source = "directory",
        Subject = "shard/00",
        Sequence = "0000000000000001-0000000000000002",
        Shard = 0,
        Cause = "test",
        Token = record.Epoch.Token.ToString(),
        Grains = [new GrainChange { Type = Grain.Type, Key = Grain.Key, NewEpoch = record.Epoch.ToString() }],
        PreviousHolder = before.Holder.ToString()!,
    };

    private static GrainTransferred Transferred(GrainRecord record, GrainRecord before) => new()
    {
        EventId = Guid.NewGuid(),
        OccurredAt = DateTime.UtcNow,
        Source = "directory",
        Subject = "shard/00",
        Sequence = "0000000000000001-0000000000000002",
        Shard = 0,
        Cause = "test",
        Token = record.Epoch.Token.ToString(),
        Grains = [new GrainChange { Type = Grain.Type, Key = Grain.Key, NewEpoch = record.Epoch.ToString() }],
        FromCluster = "east",
        ToCluster = "west",
        Holder = before.Holder.ToString()!,
    };
}
