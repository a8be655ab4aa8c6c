using Holdfast.Directory;
using Holdfast.Directory.Embedded;
using Holdfast.Primitives;

namespace Holdfast.Client.Tests;

public sealed class GrainClaimsTests
{
    private static readonly ElectionName East = ElectionName.Failover(new ClusterId("east"));
    private static readonly ElectionName West = ElectionName.Failover(new ClusterId("west"));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Any_number_of_grains_is_claimed_in_batches_and_held_with_their_epochs()
    {
        await using var cluster = await PaperCluster.StartAsync();
        await using var session = await cluster.OpenAsync();
        var claims = new GrainClaims(await OpenDirectoryAsync(), session);
        GrainId[] grains = [.. Enumerable.Range(0, 1_200).Select(i => new GrainId("order", $"{i}"))];

        var results = await claims.ClaimAsync(grains, Cancel);

        results.Select(result => result.Grain).ShouldBe(grains);
        results.ShouldAllBe(result => result.IsHeld);
        claims.Held.Count.ShouldBe(1_200);
        claims.TryGetEpoch(grains[0], out var epoch).ShouldBeTrue();
        epoch.ShouldBe(Epoch.First(session.Token));
    }

    [Fact]
    public async Task A_token_too_low_advances_the_session_and_claims_again()
    {
        await using var cluster = await PaperCluster.StartAsync();
        await using var session = await cluster.OpenAsync();
        var directory = await OpenDirectoryAsync();
        var grain = new GrainId("order", "1");
        await PromoteToWestAsync(directory, grain, under: new Token(0x12));

        // Advancing mints 0x11, 0x12, 0x13: only the third is above the promotion's.
        var claims = new GrainClaims(directory, session);
        var result = (await claims.ClaimAsync([grain], Cancel)).Single();

        result.IsHeld.ShouldBeTrue();
        result.Record!.Epoch.ShouldBe(Epoch.First(new Token(0x13)));
        result.Record.Holder.ShouldBe(session.Id);
    }

    [Fact]
    public async Task A_token_that_stays_too_low_is_surfaced_after_three_advances()
    {
        await using var cluster = await PaperCluster.StartAsync();
        await using var session = await cluster.OpenAsync();
        var directory = await OpenDirectoryAsync();
        var grain = new GrainId("order", "1");
        await PromoteToWestAsync(directory, grain, under: new Token(0xff));

        var result = (await new GrainClaims(directory, session).ClaimAsync([grain], Cancel)).Single();

        result.Status.ShouldBe(DirectoryStatus.TokenTooLow);
        session.Token.ShouldBe(new Token(0x13));
    }

    [Fact]
    public async Task A_lost_race_names_the_winner_and_nothing_is_held()
    {
        await using var cluster = await PaperCluster.StartAsync();
        await using var session = await cluster.OpenAsync();
        var directory = await OpenDirectoryAsync();
        var grain = new GrainId("order", "1");
        var winner = new SessionId(new Token(5));
        await directory.ClaimAsync([new GrainClaim(grain)], new ClusterId("east"), winner, new Token(5), Cancel);
        var claims = new GrainClaims(directory, session);

        var result = (await claims.ClaimAsync([grain], Cancel)).Single();

        result.Status.ShouldBe(DirectoryStatus.LostRace);
        result.Record!.Holder.ShouldBe(winner);
        claims.Held.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_released_grain_is_not_held_any_more()
    {
        await using var cluster = await PaperCluster.StartAsync();
        await using var session = await cluster.OpenAsync();
        var claims = new GrainClaims(await OpenDirectoryAsync(), session);
        var grain = new GrainId("order", "1");
        await claims.ClaimAsync([grain], Cancel);

        var answer = (await claims.ReleaseAsync([grain, new GrainId("order", "never")], Cancel)).Single();

        answer.Status.ShouldBe(DirectoryStatus.Ok);
        claims.Held.ShouldBeEmpty();
    }

    [Fact]
    public async Task Only_the_epoch_that_was_seen_to_be_stale_is_forgotten()
    {
        await using var cluster = await PaperCluster.StartAsync();
        await using var session = await cluster.OpenAsync();
        var claims = new GrainClaims(await OpenDirectoryAsync(), session);
        var grain = new GrainId("order", "1");
        await claims.ClaimAsync([grain], Cancel);
        var held = claims.Held[grain];

        claims.Forget(grain, Epoch.First(new Token(1))).ShouldBeFalse();
        claims.Held[grain].ShouldBe(held);
        claims.Forget(grain, held).ShouldBeTrue();
        claims.Held.ShouldBeEmpty();
    }

    private static async Task<EmbeddedGrainDirectory> OpenDirectoryAsync()
    {
        var directory = new EmbeddedGrainDirectory(
            new DirectoryOptions { Backend = DirectoryBackend.Embedded, Shards = 4 });
        for (var shard = 0; shard < directory.Shards; shard++)
            await directory.OpenShardAsync(shard, East, new Token(1), new Token(1), Cancel);
        return directory;
    }

    private static async Task PromoteToWestAsync(EmbeddedGrainDirectory directory, GrainId grain, Token under)
    {
        var east = new ClusterId("east");
        await directory.ClaimAsync([new GrainClaim(grain)], east, new SessionId(new Token(2)), new Token(2), Cancel);
        for (var shard = 0; shard < directory.Shards; shard++)
        {
            await directory.InstallGrantAsync(shard, West, under, Cancel);
            await directory.PromoteAsync(new PromoteCall(shard, West, under, east, [], null, "test"), Cancel);
        }
    }
}
