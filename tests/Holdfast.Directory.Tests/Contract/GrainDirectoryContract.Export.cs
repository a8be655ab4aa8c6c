using Holdfast.Directory.Export;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Contract;

public abstract partial class GrainDirectoryContract
{
    [Fact]
    public async Task An_export_of_a_directory_brings_it_back_after_a_total_loss()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAllAsync(Many(700), East, 11, 11);
        await directory.ReleaseAsync(G("k7"), E(11), 11);
        await directory.RegisterAsync(Ext("a"), West, 5);
        var before = await directory.ScanAllAsync();
        using var file = new MemoryStream();
        var exported = await DirectoryExport.WriteAsync(
            directory, file, "tests", DateTime.UnixEpoch, null, Cancel);
        await ForgetAsync();
        await directory.ReopenAsync(30);
        file.Position = 0;

        var imported = await DirectoryExport.ImportAsync(
            directory, file, new ImportRight("tests", FailoverWest, T(31)), null, Cancel);
        await directory.CloseAsync(30);

        exported.Status.ShouldBe(DirectoryStatus.Ok);
        imported.ByStatus[DirectoryStatus.Ok].ShouldBe(imported.Export.Records);
        (await directory.ScanAllAsync()).ShouldBe(before, ignoreOrder: true);
        (await directory.CountAsync(0, [East, West], Cancel)).Counts.ShouldBe([699, 1]);
        (await directory.ClaimAsync(G("k1"), East, 11, 31)).Record.ShouldBe(Record(G("k1"), East, 11, E(31)));
    }
}
