using System.Collections.Concurrent;
using System.Reflection;
using Holdfast.Directory;
using Holdfast.Directory.Embedded;
using static Holdfast.Client.Tests.Grains.KeeperWorld;

namespace Holdfast.Client.Tests.Grains;

public sealed class DirectoryLossRoundTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Where_nobody_of_Consensus_answers_the_round_ends_with_the_first_loss()
    {
        await using var world = await StartAsync();
        var (directory, forgetful) = Forgetful.Over(world.Directory);
        forgetful.Answers.SetResult();
        world.Sessions.AnswersNobody = true;

        await new DirectoryLossReports(directory, world.Consensus).ReportAsync(Cancel);

        forgetful.Looks.ShouldBe(1);
    }

    [Fact]
    public async Task A_claim_does_not_wait_for_a_report_and_begins_no_second_one_beside_it()
    {
        await using var world = await StartAsync();
        var (directory, forgetful) = Forgetful.Over(world.Directory);
        await using var session = await world.SessionAsync(East);
        var claims = new GrainClaims(directory, session);

        (await claims.ClaimAsync([G("1")], Cancel)).Single().IsHeld.ShouldBeTrue();
        await claims.ReleaseAsync([G("1")], Cancel);

        forgetful.Looks.ShouldBe(1, "the report is under way still");
        forgetful.Answers.SetResult();
        await UntilAsync("the other shards looked at", () => forgetful.Looks == forgetful.Forgotten.Count);
    }
}

/// <summary>A directory that forgot something on each shard, and says what a shard is once it is let.</summary>
public class Forgetful : DispatchProxy
{
    private IGrainDirectory _inner = null!;
    private readonly ConcurrentQueue<int> _lookedAt = new();

    /// <summary>What looks at a shard wait for.</summary>
    public TaskCompletionSource Answers { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>How many looks at a shard there were.</summary>
    public int Looks => _lookedAt.Count;

    /// <summary>The shards that were looked at, in order.</summary>
    public IReadOnlyList<int> LookedAt => [.. _lookedAt];

    /// <summary>What it forgot.</summary>
    public IReadOnlyList<ForgottenMemory> Forgotten { get; private set; } = [];

    /// <summary>A directory that answers as another, but that it forgot something.</summary>
    public static (IGrainDirectory Directory, Forgetful Forgetful) Over(EmbeddedGrainDirectory inner)
    {
        var directory = Create<IGrainDirectory, Forgetful>();
        var forgetful = (Forgetful)(object)directory;
        forgetful._inner = inner;
        forgetful.Forgotten = [.. Enumerable.Range(0, inner.Shards).Select(Forget)];
        return (directory, forgetful);

        ForgottenMemory Forget(int shard) =>
            new(shard, inner.ShardAsync(shard, default).Result.Version.Gen, 9, "earlier");
    }

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (targetMethod!.Name == "get_Forgotten") return Forgotten;
        if (targetMethod.Name != nameof(IGrainDirectory.ShardAsync)) return targetMethod.Invoke(_inner, args);
        _lookedAt.Enqueue((int)args![0]!);
        return LookAsync((Task<ShardAnswer>)targetMethod.Invoke(_inner, args)!);
    }

    private async Task<ShardAnswer> LookAsync(Task<ShardAnswer> answer)
    {
        await Answers.Task;
        return await answer;
    }
}
