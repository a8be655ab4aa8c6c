using Holdfast.Primitives;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Contract;

/// <summary>The calls of the directory as the tests say them.</summary>
internal static class Calls
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<GrainAnswer> ClaimAsync(
        this IGrainDirectory directory,
        GrainId grain,
        ClusterId cluster,
        ulong session,
        ulong token,
        Epoch? expected = null)
    {
        var answers = await directory.ClaimAsync(
            [new GrainClaim(grain, expected)], cluster, S(session), T(token), Cancel);
        return answers.ShouldHaveSingleItem();
    }

    public static async Task ClaimAllAsync(
        this IGrainDirectory directory, IReadOnlyList<GrainId> grains, ClusterId cluster, ulong session, ulong token)
    {
        var answers = await directory.ClaimAsync(
            [.. grains.Select(grain => new GrainClaim(grain))], cluster, S(session), T(token), Cancel);
        answers.ShouldAllBe(answer => answer.Status == DirectoryStatus.Ok);
    }

    public static async Task<GrainAnswer> ReleaseAsync(
        this IGrainDirectory directory, GrainId grain, Epoch epoch, ulong session)
    {
        var answers = await directory.ReleaseAsync([new HeldGrain(grain, epoch)], S(session), Cancel);
        return answers.ShouldHaveSingleItem();
    }

    public static async Task<GrainAnswer> LookupAsync(this IGrainDirectory directory, GrainId grain) =>
        (await directory.LookupAsync([grain], Cancel)).ShouldHaveSingleItem();

    public static Task<GrainAnswer> RegisterAsync(
        this IGrainDirectory directory, GrainId grain, ClusterId cluster, ulong number) =>
        directory.RegisterAsync(grain, cluster, number, Cancel);

    public static Task<ShardAnswer> GrantAsync(
        this IGrainDirectory directory, ElectionName election, ulong token, int shard = 0) =>
        directory.InstallGrantAsync(shard, election, T(token), Cancel);

    public static Task<PromoteAnswer> PromoteAsync(
        this IGrainDirectory directory,
        ElectionName election,
        ulong token,
        ClusterId from,
        string? cursor = null,
        int shard = 0,
        params IReadOnlyList<SessionId> living) =>
        directory.PromoteAsync(
            new PromoteCall(shard, election, T(token), from, living, cursor, "east is fenced"), Cancel);

    /// <summary>Promotes until the pass over the shard is over.</summary>
    public static async Task<IReadOnlyList<PromoteAnswer>> PromoteAllAsync(
        this IGrainDirectory directory, ElectionName election, ulong token, ClusterId from, int shard = 0)
    {
        var answers = new List<PromoteAnswer>();
        string? cursor = null;
        do
        {
            answers.Add(await directory.PromoteAsync(election, token, from, cursor, shard));
            cursor = answers[^1].Next;
        }
        while (cursor is not null);
        return answers;
    }

    public static async Task<IReadOnlyList<GrainRecord>> ListAllAsync(
        this IGrainDirectory directory, ClusterId cluster, int shard = 0)
    {
        var records = new List<GrainRecord>();
        string? cursor = null;
        do
        {
            var page = await directory.ListByOwnerAsync(shard, cluster, cursor, Cancel);
            page.Status.ShouldBe(DirectoryStatus.Ok);
            records.AddRange(page.Records);
            cursor = page.Next;
        }
        while (cursor is not null);
        return [.. records.DistinctBy(record => record.Grain)];
    }

    public static async Task<IReadOnlyList<OutboxEntry>> OutboxAsync(
        this IGrainDirectory directory, ulong after = 0, int shard = 0)
    {
        var page = await directory.ReadOutboxAsync(shard, after, 1_000, Cancel);
        page.Status.ShouldBe(DirectoryStatus.Ok);
        return page.Entries;
    }

    public static Task<ShardAnswer> TrimAsync(
        this IGrainDirectory directory, ElectionName election, ulong token, ulong upTo, int shard = 0) =>
        directory.TrimOutboxAsync(shard, election, T(token), upTo, Cancel);

    public static async Task<GrainAnswer> OfferAsync(
        this IGrainDirectory directory, GrainId grain, Epoch epoch, ulong session, ClusterId? to)
    {
        var answers = await directory.OfferAsync([new HeldGrain(grain, epoch)], S(session), to, Cancel);
        return answers.ShouldHaveSingleItem();
    }

    public static async Task<GrainAnswer> AcceptAsync(
        this IGrainDirectory directory, GrainId grain, ClusterId cluster, ulong session, ulong token)
    {
        var answers = await directory.AcceptAsync([grain], cluster, S(session), T(token), Cancel);
        return answers.ShouldHaveSingleItem();
    }

    public static async Task<GrainAnswer> ReassertAsync(
        this IGrainDirectory directory, GrainId grain, Epoch epoch, ClusterId cluster, ulong session, ulong token)
    {
        var answers = await directory.ReassertAsync(
            [new HeldGrain(grain, epoch)], cluster, S(session), T(token), Cancel);
        return answers.ShouldHaveSingleItem();
    }

    public static Task<ShardAnswer> ReopenAsync(this IGrainDirectory directory, ulong floor, int shard = 0) =>
        directory.ReopenShardAsync(shard, FailoverWest, T(9), T(floor), Cancel);

    public static Task<ShardAnswer> CloseAsync(this IGrainDirectory directory, ulong opened, ulong? token = null) =>
        directory.CloseWindowAsync(0, FailoverWest, T(token ?? opened + 1), T(opened), Cancel);

    public static Task<ShardAnswer> ConfirmAsync(this IGrainDirectory directory, ShardVersion known) =>
        directory.ConfirmShardAsync(0, FailoverWest, Floor, known, Cancel);

    public static async Task<IReadOnlyList<GrainRecord>> ScanAllAsync(this IGrainDirectory directory, int shard = 0)
    {
        var records = new List<GrainRecord>();
        string? cursor = null;
        do
        {
            var page = await directory.ScanAsync(shard, cursor, Cancel);
            page.Status.ShouldBe(DirectoryStatus.Ok);
            records.AddRange(page.Records);
            cursor = page.Next;
        }
        while (cursor is not null);
        return [.. records.DistinctBy(record => record.Grain)];
    }
}
