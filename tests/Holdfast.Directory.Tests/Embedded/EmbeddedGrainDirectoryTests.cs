using Holdfast.Directory.Embedded;
using Holdfast.Directory.Tests.Contract;
using Holdfast.Primitives;

namespace Holdfast.Directory.Tests.Embedded;

public sealed class EmbeddedGrainDirectoryTests : GrainDirectoryContract
{
    private EmbeddedGrainDirectory? _directory;
    private ShardMemory? _memory;

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    protected override Task<IGrainDirectory> CreateAsync(DirectoryOptions options) =>
        Task.FromResult<IGrainDirectory>(_directory = new EmbeddedGrainDirectory(options));

    protected override Task PlantAsync(GrainRecord record)
    {
        _directory!.Plant(record);
        return Task.CompletedTask;
    }

    protected override Task MisfileAsync(GrainId grain, ClusterId under, ClusterId? owner = null) =>
        Do(directory => directory.Misfile(grain, under, owner));

    protected override Task ForgetAsync() => Do(directory => directory.Forget(0));

    protected override Task RememberAsync() => Do(directory => _memory = directory.Remember(0));

    protected override Task RollBackAsync() => Do(directory => directory.RollBack(0, _memory!));

    protected override Task RestartAsync() => Do(directory => directory.Restart(0));

    private Task Do(Action<EmbeddedGrainDirectory> act)
    {
        act(_directory!);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_shard_told_to_forget_is_lost_and_opened_anew_under_another_generation()
    {
        var directory = (EmbeddedGrainDirectory)await OpenedAsync();
        await directory.ClaimAsync(Actors.G("a"), Actors.East, 11, 11);
        var before = (await directory.LookupAsync(Actors.G("a"))).Shard;

        directory.Forget(0);

        (await directory.LookupAsync(Actors.G("a"))).Status.ShouldBe(DirectoryStatus.ShardLost);
        var opened = await directory.OpenShardAsync(
            0, Actors.FailoverWest, Actors.T(30), Actors.T(29), TestContext.Current.CancellationToken);
        opened.Version.Gen.ShouldNotBe(before.Gen);
        opened.Bound.ShouldBe(Actors.T(29));
    }
}
