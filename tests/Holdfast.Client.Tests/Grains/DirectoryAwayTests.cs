using System.Reflection;
using Holdfast.Directory;
using Holdfast.Primitives;
using static Holdfast.Client.Tests.Grains.KeeperWorld;

namespace Holdfast.Client.Tests.Grains;

public sealed class DirectoryAwayTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_cannot_be_claimed_because_the_directory_is_away_is_not_served_until_it_is_claimed()
    {
        await using var world = await StartAsync();
        var (directory, failing) = CallsFailing.Over(world.Directory);
        await using var keeper = new GrainKeeper(world.Consensus, directory, new RecordingProgram(), Options);
        await using var session = await world.SessionAsync(East);
        using var stop = new CancellationTokenSource();
        var running = keeper.RunAsync(session, stop.Token);
        await UntilAsync("a keeper that is ready", () => keeper.IsReady);

        failing.Failing = [nameof(IGrainDirectory.ClaimAsync)];
        (await keeper.ClaimAsync([G("1")], Cancel)).ShouldAllBe(result => !result.IsHeld);
        keeper.TryServe(G("1"), out _).ShouldBeFalse();
        keeper.Held.ShouldBeEmpty();

        failing.Failing = [];
        (await keeper.ClaimAsync([G("1")], Cancel)).ShouldHaveSingleItem().IsHeld.ShouldBeTrue();
        keeper.TryServe(G("1"), out var epoch).ShouldBeTrue();
        epoch.ShouldBe((await world.RecordAsync(G("1")))!.Epoch);
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task A_transfer_whose_offers_have_no_answer_leaves_what_was_not_sent_as_it_is()
    {
        await using var world = await StartAsync();
        var (directory, failing) = CallsFailing.Over(world.Directory);
        var east = await world.KeepAsync(East, Options with { OfferPatience = TimeSpan.FromSeconds(2) }, directory);
        await using var receiver = await world.SessionAsync(West);
        IReadOnlyList<GrainId> grains = [.. Enumerable.Range(0, 4_000).Select(i => G($"{i}"))];
        await east.Keeper.ClaimAsync(grains, Cancel);

        failing.Failing = [nameof(IGrainDirectory.OfferAsync), nameof(IGrainDirectory.ShardAsync)];
        (await east.Keeper.OfferAsync(grains, West, Cancel)).ShouldBeEmpty();

        failing.Sent.ShouldBeLessThan(grains.Count, "nothing more is sent to a shard that does not answer");
        grains.Count(grain => east.Serves(grain) is null).ShouldBeLessThanOrEqualTo(failing.Sent);
        failing.Failing = [];
        await east.ServesAllAsync(grains);
    }

    [Fact]
    public async Task What_lives_on_a_shard_that_does_not_answer_is_neither_drained_nor_released()
    {
        await using var world = await StartAsync();
        var (directory, failing) = CallsFailing.Over(world.Directory);
        var east = await world.KeepAsync(East, directory: directory);
        var grains = Enumerable.Range(0, 100).Select(i => G($"{i}"))
            .Where(grain => GrainShard.Of(grain, directory.Shards) == 0).ToList();
        await east.Keeper.ClaimAsync(grains, Cancel);

        // The looks only after it: a shard that is known not to answer is sent nothing.
        failing.FailingToo = [nameof(IGrainDirectory.ShardAsync), nameof(IGrainDirectory.ClaimAsync)];
        failing.Failing = [nameof(IGrainDirectory.ReleaseAsync)];
        (await east.Keeper.ReleaseAsync([grains[0]], Cancel)).ShouldBeEmpty();
        east.Serves(grains[0]).ShouldBeNull("it may be released");
        (await east.Keeper.ReleaseAsync([.. grains.Skip(1)], Cancel)).ShouldBeEmpty();

        east.Program.Drains.ShouldBe(1);
        grains.Skip(1).ShouldAllBe(grain => east.Serves(grain) != null);
        failing.Failing = [];
        await east.ServesAllAsync(grains);
    }
}

/// <summary>A directory some of whose calls have no answer while the test says so.</summary>
public class CallsFailing : DispatchProxy
{
    private volatile IReadOnlyList<string> _failing = [];
    private int _sent;

    /// <summary>What is asked else.</summary>
    public IGrainDirectory Inner { get; set; } = null!;

    /// <summary>How many grains were in the calls that had no answer.</summary>
    public int Sent => _sent;

    /// <summary>The calls that have no answer and are not carried out.</summary>
    public IReadOnlyList<string> Failing
    {
        get => _failing;
        set => _failing = value;
    }

    /// <summary>The calls that have no answer either, from the first on that had none.</summary>
    public IReadOnlyList<string> FailingToo { get; set; } = [];

    /// <summary>A directory that answers as another until it is told to fail.</summary>
    public static (IGrainDirectory Directory, CallsFailing Failing) Over(IGrainDirectory inner)
    {
        var directory = Create<IGrainDirectory, CallsFailing>();
        var failing = (CallsFailing)(object)directory;
        failing.Inner = inner;
        return (directory, failing);
    }

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (!Failing.Contains(targetMethod!.Name)) return targetMethod.Invoke(Inner, args);

        // Before it is counted: who waits for the count says then what is to fail.
        if (FailingToo.Count > 0) Failing = [.. Failing, .. FailingToo];
        FailingToo = [];
        if (args is [IReadOnlyList<HeldGrain> held, ..]) Interlocked.Add(ref _sent, held.Count);
        throw new DirectoryUnavailableException("no answer");
    }
}
