using Holdfast.Directory.Embedded;
using Holdfast.Directory.Tests.Contract;

namespace Holdfast.Directory.Tests.Embedded;

public sealed class EmbeddedGrainDirectoryTests : GrainDirectoryContract
{
    private EmbeddedGrainDirectory? _directory;

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    protected override Task<IGrainDirectory> CreateAsync(DirectoryOptions options) =>
        Task.FromResult<IGrainDirectory>(_directory = new EmbeddedGrainDirectory(options));

    protected override Task PlantAsync(GrainRecord record)
    {
        _directory!.Plant(record);
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
