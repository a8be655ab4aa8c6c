using System.Reflection;
using Holdfast.Directory;
using static Holdfast.Client.Tests.Grains.KeeperWorld;

namespace Holdfast.Client.Tests.Grains;

public sealed class DirectoryAwayTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_cannot_be_claimed_because_the_directory_is_away_is_not_served_until_it_is_claimed()
    {
        await using var world = await StartAsync();
        var directory = DispatchProxy.Create<IGrainDirectory, ClaimsFailing>();
        var failing = (ClaimsFailing)directory;
        failing.Inner = world.Directory;
        await using var keeper = new GrainKeeper(world.Consensus, directory, new RecordingProgram(), Options);
        await using var session = await world.SessionAsync(East);
        using var stop = new CancellationTokenSource();
        var running = keeper.RunAsync(session, stop.Token);
        await UntilAsync("a keeper that is ready", () => keeper.IsReady);

        failing.IsFailing = true;
        (await keeper.ClaimAsync([G("1")], Cancel)).ShouldAllBe(result => !result.IsHeld);
        keeper.TryServe(G("1"), out _).ShouldBeFalse();
        keeper.Held.ShouldBeEmpty();

        failing.IsFailing = false;
        (await keeper.ClaimAsync([G("1")], Cancel)).ShouldHaveSingleItem().IsHeld.ShouldBeTrue();
        keeper.TryServe(G("1"), out var epoch).ShouldBeTrue();
        epoch.ShouldBe((await world.RecordAsync(G("1")))!.Epoch);
        await stop.CancelAsync();
        await running;
    }
}

/// <summary>A directory whose claims have no answer while the test says so.</summary>
public class ClaimsFailing : DispatchProxy
{
    private volatile bool _isFailing;

    /// <summary>What is asked else.</summary>
    public IGrainDirectory Inner { get; set; } = null!;

    /// <summary>Whether claims have no answer.</summary>
    public bool IsFailing
    {
        get => _isFailing;
        set => _isFailing = value;
    }

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        IsFailing && targetMethod!.Name == nameof(IGrainDirectory.ClaimAsync)
            ? Task.FromException<IReadOnlyList<GrainAnswer>>(new DirectoryUnavailableException("a claim"))
            : targetMethod!.Invoke(Inner, args);
}
