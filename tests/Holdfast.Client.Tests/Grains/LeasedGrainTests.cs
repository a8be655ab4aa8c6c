using Holdfast.Contracts.Http;
using Holdfast.Directory;
using Holdfast.Primitives;
using static Holdfast.Client.Tests.Grains.KeeperWorld;

namespace Holdfast.Client.Tests.Grains;

public sealed class LeasedGrainTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_kind_of_a_grain_is_that_of_its_types_definition()
    {
        await using var world = await StartLeasedAsync();
        var east = await world.KeepAsync(East);

        await east.Keeper.ClaimAsync([G("1")], Cancel);

        await east.Program.HearsAsync("load order/1 Leased");
        (await world.RecordAsync(G("1")))!.Kind.ShouldBe(GrainKind.Leased);
    }

    [Theory]
    [InlineData("{\"kind\":\"borrowed\"}")]
    [InlineData("not json")]
    public async Task A_type_whose_definition_cannot_be_read_is_not_claimed(string definition)
    {
        await using var world = await StartAsync();
        world.Sessions.Definitions["graintype/order"] = definition;
        var east = await world.KeepAsync(East);

        (await east.Keeper.ClaimAsync([G("1")], Cancel)).ShouldBeEmpty();

        (await world.RecordAsync(G("1"))).ShouldBeNull();
    }

    [Fact]
    public async Task A_leased_grain_is_not_served_from_the_end_of_the_lease_on_and_a_fenced_one_is()
    {
        await using var world = await StartLeasedAsync();
        var east = await world.KeepAsync(East, Options with { Types = ["order", "room"] });
        var room = new GrainId("room", "1");
        await east.Keeper.ClaimAsync([G("1"), room], Cancel);
        east.Serves(G("1")).ShouldNotBeNull();

        world.Sessions.KeepsNobodyAlive = true;
        world.Clock.Advance(TimeSpan.FromSeconds(5));

        east.Serves(G("1")).ShouldBeNull();
        east.Serves(room).ShouldNotBeNull();

        world.Sessions.KeepsNobodyAlive = false;
        await UntilAsync("the lease back, and the grain that nobody was given", () => east.Serves(G("1")) is not null);
    }

    [Fact]
    public async Task A_revoked_session_ends_what_is_leased_and_what_is_fenced_goes_on()
    {
        await using var world = await StartLeasedAsync();
        var east = await world.KeepAsync(East, Options with { Types = ["order", "room"] });
        var room = new GrainId("room", "1");
        await east.Keeper.ClaimAsync([G("1"), room], Cancel);

        world.Sessions.Become(east.Session.Id, "revoked");
        await Await.Within10Seconds(east.Session.LostReason, "the loss of the session");

        east.Serves(G("1")).ShouldBeNull();
        east.Serves(room).ShouldNotBeNull();
    }

    [Fact]
    public async Task Under_its_next_session_a_program_claims_leased_grains_again_once_the_session_before_has_ended()
    {
        await using var world = await StartLeasedAsync();
        var east = await world.KeepAsync(East, Options with { Types = ["order", "room"] });
        var room = new GrainId("room", "1");
        await east.Keeper.ClaimAsync([G("1"), room], Cancel);
        var before = east.Serves(room)!.Value;

        world.Sessions.Become(east.Session.Id, "revoked");
        var revoked = east.Session.Id;
        await east.RunNextAsync(await world.SessionAsync(East));

        // Revoked is not ended: its lease may still run, and somebody may still serve what is leased.
        await UntilAsync("the fenced grain under the next session", () => east.Serves(room) > before);
        east.Serves(G("1")).ShouldBeNull();
        (await world.RecordAsync(G("1")))!.Holder.ShouldBe(revoked);

        world.Sessions.Become(revoked, "ended");
        await UntilAsync("the leased grain under the next session", () => east.Serves(G("1")) is not null);
        (await world.RecordAsync(G("1")))!.Holder.ShouldBe(east.Session.Id);
    }

    [Theory]
    [InlineData("revoked", false)]
    [InlineData("ended", true)]
    public async Task A_leased_grain_of_another_program_is_taken_over_only_once_its_session_has_ended(
        string state, bool isTaken)
    {
        await using var world = await StartLeasedAsync();
        var gone = await world.SessionAsync(East, "another program");
        var room = new GrainId("room", "1");
        await world.Directory.ClaimAsync(
            [new GrainClaim(G("1"), Kind: GrainKind.Leased), new GrainClaim(room)], East, gone.Id, gone.Token, Cancel);
        world.Sessions.Become(gone.Id, state);

        var east = await world.KeepAsync(East, Options with { Types = ["order", "room"] });

        await UntilAsync("the fenced grain taken over", () => east.Serves(room) is not null);
        if (isTaken) await UntilAsync("the leased grain taken over", () => east.Serves(G("1")) is not null);
        else east.Keeper.Held.ContainsKey(G("1")).ShouldBeFalse();
    }

    private static async Task<KeeperWorld> StartLeasedAsync()
    {
        var world = await StartAsync();
        world.Sessions.Definitions[GrainTypeText.KeyOf("order")] = new GrainTypeText { Kind = "leased" }.Write();
        return world;
    }
}
