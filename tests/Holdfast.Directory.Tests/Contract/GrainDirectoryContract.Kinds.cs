using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Contract;

public abstract partial class GrainDirectoryContract
{
    [Fact]
    public async Task A_claim_copies_the_kind_of_the_type_into_the_record()
    {
        var directory = await OpenedAsync();

        var leased = await ClaimAsAsync(directory, "a", 11, GrainKind.Leased);
        var unsaid = await ClaimAsAsync(directory, "b", 11, kind: null);

        leased.Record.ShouldBe(Record(G("a"), East, 11, E(11), GrainKind.Leased));
        (await directory.LookupAsync(G("a"))).Record.ShouldBe(leased.Record);
        unsaid.Record!.Kind.ShouldBe(GrainKind.Fenced);
    }

    [Fact]
    public async Task Another_kind_comes_with_the_next_epoch_and_one_that_is_not_said_stays()
    {
        var directory = await OpenedAsync();
        await ClaimAsAsync(directory, "a", 11, GrainKind.Fenced);

        var sameEpoch = await ClaimAsAsync(directory, "a", 11, GrainKind.Leased);
        var nextEpoch = await ClaimAsAsync(directory, "a", 12, GrainKind.Leased);
        var unsaid = await ClaimAsAsync(directory, "a", 13, kind: null);
        await directory.ReleaseAsync(G("a"), E(13), 11);
        var afterRelease = await ClaimAsAsync(directory, "a", 14, kind: null);
        var back = await ClaimAsAsync(directory, "a", 15, GrainKind.Fenced);

        sameEpoch.Record!.Kind.ShouldBe(GrainKind.Fenced);
        nextEpoch.Record!.Kind.ShouldBe(GrainKind.Leased);
        unsaid.Record!.Kind.ShouldBe(GrainKind.Leased);
        afterRelease.Record!.Kind.ShouldBe(GrainKind.Leased);
        back.Record!.Kind.ShouldBe(GrainKind.Fenced);
    }

    [Fact]
    public async Task A_leased_grain_that_is_told_again_is_leased_again()
    {
        var directory = await OpenedAsync();
        await ForgetAsync();
        await directory.ReopenAsync(30);

        var told = await directory.ReassertAsync(
            [new HeldGrain(G("a"), E(11), GrainKind.Leased), new HeldGrain(G("b"), E(11))], East, S(11), T(31), Cancel);
        await directory.CloseAsync(30);

        told.Select(answer => answer.Record!.Kind).ShouldBe([GrainKind.Leased, GrainKind.Fenced]);
        (await directory.LookupAsync(G("a"))).Record.ShouldBe(
            Record(G("a"), East, 11, E(11), GrainKind.Leased));
    }

    private static async Task<GrainAnswer> ClaimAsAsync(
        IGrainDirectory directory, string key, ulong token, GrainKind? kind) =>
        (await directory.ClaimAsync([new GrainClaim(G(key), Kind: kind)], East, S(11), T(token), Cancel))
        .ShouldHaveSingleItem();
}
