using System.Reflection;
using Holdfast.Directory;
using static Holdfast.Client.Tests.Grains.KeeperWorld;

namespace Holdfast.Client.Tests.Grains;

public sealed class GrainListingTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_newer_epoch_of_the_own_session_that_no_answer_told_is_claimed_again()
    {
        await using var world = await StartAsync();
        var east = await world.KeepAsync(East);
        var before = (await east.Keeper.ClaimAsync([G("1")], Cancel)).Single().Record!.Epoch;

        var token = await east.Session.AdvanceAsync(Cancel);
        await world.Directory.ClaimAsync([new GrainClaim(G("1"))], East, east.Session.Id, token, Cancel);

        await UntilAsync("the grain under an epoch as new as the record's", () => east.Serves(G("1")) > before);
        (await world.RecordAsync(G("1")))!.Epoch.ShouldBe(east.Serves(G("1"))!.Value);
    }

    [Fact]
    public async Task Without_room_what_is_held_and_what_is_on_record_for_the_session_is_claimed_all_the_same()
    {
        await using var world = await StartAsync();
        var east = await world.KeepAsync(East, Options with { GrainsMax = 1 });
        await east.Keeper.ClaimAsync([G("1")], Cancel);

        (await east.Keeper.ClaimAsync([G("1"), G("2")], Cancel)).ShouldHaveSingleItem().IsHeld.ShouldBeTrue();
        var unheard = await world.Directory.ClaimAsync(
            [new GrainClaim(G("3"))], East, east.Session.Id, east.Session.Token, Cancel);

        unheard.Single().Status.ShouldBe(DirectoryStatus.Ok);
        await east.ServesAllAsync([G("1"), G("3")]);
        (await world.RecordAsync(G("2"))).ShouldBeNull();
    }

    [Fact]
    public async Task What_could_not_be_looked_up_is_looked_up_at_the_next_list()
    {
        await using var world = await StartAsync();
        var directory = DispatchProxy.Create<IGrainDirectory, LookupsFailing>();
        var failing = (LookupsFailing)directory;
        failing.Inner = world.Directory;
        var program = new RecordingProgram();
        await using var keeper = new GrainKeeper(world.Consensus, directory, program, Options);
        await using var session = await world.SessionAsync(East);
        using var stop = new CancellationTokenSource();
        var running = keeper.RunAsync(session, stop.Token);
        await UntilAsync("a keeper that is ready", () => keeper.IsReady);
        await keeper.ClaimAsync([G("1")], Cancel);

        failing.IsFailing = true;
        await world.PromoteToWestAsync(East);
        await UntilAsync("a lookup without an answer", () => failing.Failed > 0);
        failing.IsFailing = false;

        await program.HearsAsync("lost order/1 Demoted");
        await stop.CancelAsync();
        await running;
    }
}

/// <summary>A directory whose lookups have no answer while the test says so.</summary>
public class LookupsFailing : DispatchProxy
{
    private volatile bool _isFailing;
    private volatile int _failed;

    /// <summary>What is asked else.</summary>
    public IGrainDirectory Inner { get; set; } = null!;

    /// <summary>Whether lookups have no answer.</summary>
    public bool IsFailing
    {
        get => _isFailing;
        set => _isFailing = value;
    }

    /// <summary>How many lookups had none.</summary>
    public int Failed => _failed;

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (!IsFailing || targetMethod!.Name != nameof(IGrainDirectory.LookupAsync))
            return targetMethod!.Invoke(Inner, args);
        Interlocked.Increment(ref _failed);
        return Task.FromException<IReadOnlyList<GrainAnswer>>(new DirectoryUnavailableException("a lookup"));
    }
}
