using Holdfast.Primitives;

namespace Holdfast.Client.Handoff;

/// <summary>The fences that are files: the supervisor's word, and a count beside the data.</summary>
public sealed class DaemonFenceTests : IDisposable
{
    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("holdfast-fence-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Place => Path.Combine(_folder, "epoch");

    [Fact]
    public async Task What_the_supervisor_wrote_is_read_as_it_is_now()
    {
        var fence = new SupervisedDaemonFence(Place, own: null);
        fence.IsRaisedByOthers.ShouldBeTrue();
        foreach (var counter in new ulong[] { 1, 2 })
        {
            var epoch = new Epoch(new Token(7), counter);
            await File.WriteAllTextAsync(Place, $"{epoch}\n", Cancel);
            (await fence.ReadAsync(Cancel)).ShouldBe(epoch);
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("seven")]
    public async Task What_is_no_epoch_is_not_taken_for_one(string? text)
    {
        if (text is not null) await File.WriteAllTextAsync(Place, text, Cancel);
        var fence = new SupervisedDaemonFence(Place, own: null);

        (await Should.ThrowAsync<FenceUnreachableException>(() => fence.ReadAsync(Cancel))).Message
            .ShouldContain(Place);
    }

    [Fact]
    public async Task Alone_it_is_raised_by_the_way_of_its_own_where_there_is_one()
    {
        var own = new FileDaemonFence(Path.Combine(_folder, "own"));
        (await new SupervisedDaemonFence(Place, own).RaiseAsync(Cancel)).ShouldBe(new Epoch(Token.None, 1));

        await Should.ThrowAsync<FenceUnreachableException>(
            () => new SupervisedDaemonFence(Place, own: null).RaiseAsync(Cancel));
    }

    [Fact]
    public async Task A_count_beside_the_data_goes_on_from_process_to_process()
    {
        var first = await new FileDaemonFence(Place).ReadAsync(Cancel);
        var second = await new FileDaemonFence(Place).RaiseAsync(Cancel);
        var third = await new FileDaemonFence(Place).ReadAsync(Cancel);

        second.ShouldBeGreaterThan(first);
        third.ShouldBeGreaterThan(second);
        System.IO.Directory.GetFileSystemEntries(_folder).ShouldBe([Place], "nothing temporary stays behind");
    }

    [Fact]
    public async Task A_count_that_cannot_be_read_is_not_begun_anew()
    {
        await File.WriteAllTextAsync(Place, "many", Cancel);
        await Should.ThrowAsync<FenceUnreachableException>(() => new FileDaemonFence(Place).RaiseAsync(Cancel));

        var nowhere = new FileDaemonFence(Path.Combine(_folder, "absent", "epoch"));
        await Should.ThrowAsync<FenceUnreachableException>(() => nowhere.RaiseAsync(Cancel));
    }

    public void Dispose() => System.IO.Directory.Delete(_folder, recursive: true);
}
