using System.Text;
using Holdfast.Directory.Embedded;
using Holdfast.Directory.Export;
using Holdfast.Directory.Tests.Contract;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Export;

/// <summary>The file of an export, and what is refused as one.</summary>
public sealed class DirectoryExportTests
{
    // As the first release of it wrote it. A later format must still read this.
    private const string FormatOne =
        "{\"holdfast\":\"directory-export\",\"format\":1,\"shards\":1,\"at\":\"2026-01-02T03:04:05Z\"," +
        "\"origin\":\"tests\"}\n" +
        "{\"grain\":\"cart/a\",\"cluster\":\"east\",\"holder\":\"000000000000000b\"," +
        "\"epoch\":\"000000000000000b-0000000000000001\",\"kind\":\"leased\",\"tombstone\":false}\n" +
        "{\"grain\":\"cart/b\",\"cluster\":\"west\",\"holder\":null," +
        "\"epoch\":\"000000000000000c-0000000000000001\",\"kind\":\"fenced\",\"tombstone\":true}\n" +
        "{\"records\":2,\"tombstones\":1," +
        "\"sha256\":\"e66145342aa638522e6b5c5e05152375d5702affc226ea8f8d55885e6a7bbccc\"}\n";

    private static readonly ImportRight Right = new("tests", FailoverWest, T(31));
    private static readonly DateTime At = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_export_is_lines_of_json_with_a_checksum_at_the_end()
    {
        var directory = await OpenedAsync(shards: 1);
        await directory.ClaimAsync(G("ключ"), East, 11, 11);
        await directory.ReleaseAsync(G("ключ"), E(11), 11);

        var (outcome, text) = await ExportAsync(directory);

        outcome.ShouldBe(new ExportOutcome(DirectoryStatus.Ok, null, 1));
        var lines = text.Split('\n');
        lines[0].ShouldBe(
            "{\"holdfast\":\"directory-export\",\"format\":1,\"shards\":1,\"at\":\"2026-01-02T03:04:05Z\"," +
            "\"origin\":\"tests\"}");
        lines[1].ShouldEndWith(
            "\"cluster\":\"east\",\"holder\":null,\"epoch\":\"000000000000000b-0000000000000001\"," +
            "\"kind\":\"fenced\",\"tombstone\":true}");
        lines[2].ShouldStartWith("""{"records":1,"tombstones":1,"sha256":""");
        lines[3].ShouldBeEmpty();
        lines.Length.ShouldBe(4);
    }

    [Fact]
    public async Task What_was_exported_comes_back_into_a_directory_with_other_shards()
    {
        var directory = await OpenedAsync(shards: 4);
        await directory.ClaimAllAsync(Many(1_200), East, 11, 11);
        await directory.ReleaseAsync(G("k7"), E(11), 11);
        await directory.RegisterAsync(Ext("a"), West, 5);
        var (_, text) = await ExportAsync(directory);
        var other = await OpenedAsync(shards: 3, lossAt: 30);

        var outcome = await ImportAsync(other, text);
        var again = await ImportAsync(other, text);

        outcome.Export.ShouldBe(new ExportSummary("tests", 4, At, 1_201, 1, T(11), 2));
        outcome.ByStatus.ShouldBe(new Dictionary<DirectoryStatus, long> { [DirectoryStatus.Ok] = 1_201 });
        again.ByStatus.ShouldBe(outcome.ByStatus);
        (await RecordsAsync(other)).ShouldBe(await RecordsAsync(directory), ignoreOrder: true);
    }

    [Fact]
    public async Task A_shard_that_lost_its_memory_ends_an_export_that_nobody_can_import()
    {
        var directory = await OpenedAsync(shards: 2);
        directory.Forget(1);

        var (outcome, text) = await ExportAsync(directory);
        var other = await OpenedAsync(shards: 1, lossAt: 30);

        outcome.Status.ShouldBe(DirectoryStatus.ShardLost);
        (await Should.ThrowAsync<DirectoryExportException>(() => ImportAsync(other, text)))
            .Message.ShouldBe("Line 2 of the export cannot be used: the end is missing.");
    }

    [Fact]
    public async Task A_shard_that_was_restarted_between_two_pages_is_read_again_once_it_was_confirmed()
    {
        var directory = await OpenedAsync(shards: 1);
        await directory.ClaimAllAsync(Many(1_200), East, 11, 11);
        var restarts = new AtFirst(() => RestartAsync(directory));

        var (outcome, text) = await ExportAsync(directory, restarts);
        var other = await OpenedAsync(shards: 1, lossAt: 30);
        await ImportAsync(other, text);

        outcome.ShouldBe(new ExportOutcome(DirectoryStatus.Ok, null, 2_400));
        (await RecordsAsync(other)).ShouldBe(await RecordsAsync(directory), ignoreOrder: true);
    }

    [Theory]
    [InlineData("restarted and not confirmed")]
    [InlineData("restarted again and again")]
    [InlineData("went back")]
    [InlineData("forgot")]
    public async Task A_shard_that_may_leave_records_out_ends_an_export(string how)
    {
        var directory = await OpenedAsync(shards: 1);
        var earlier = directory.Remember(0);
        await directory.ClaimAllAsync(Many(1_200), East, 11, 11);
        var happens = how switch
        {
            "restarted and not confirmed" => new AtFirst(() => Do(() => directory.Restart(0))),
            "restarted again and again" => new AtFirst(() => RestartAsync(directory), times: int.MaxValue),
            "went back" => new AtFirst(() => Do(() => directory.RollBack(0, earlier))),
            _ => new AtFirst(() => Do(() => directory.Forget(0))),
        };

        var (outcome, text) = await ExportAsync(directory, happens);

        (outcome.Status, outcome.Shard).ShouldBe((DirectoryStatus.ShardLost, 0));
        text.ShouldNotContain("sha256");

        static Task Do(Action change)
        {
            change();
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task Outside_the_window_nothing_is_imported_and_it_says_why()
    {
        var directory = await OpenedAsync(shards: 1);
        await directory.ClaimAsync(G("a"), East, 11, 11);
        var (_, text) = await ExportAsync(directory);
        var other = await OpenedAsync(shards: 1);

        var outcome = await ImportAsync(other, text);

        outcome.ByStatus.ShouldBe(new Dictionary<DirectoryStatus, long> { [DirectoryStatus.NotReasserting] = 1 });
    }

    [Theory]
    [InlineData("east", "west", ExportFault.OtherChecksum, "Line 4 of the export cannot be used: the check")]
    [InlineData("\"records\":2", "\"records\":3", ExportFault.OtherCount, "it counts 3 records")]
    [InlineData("\"tombstones\":0", "\"tombstones\":1", ExportFault.OtherCount, "and 1 tombstones")]
    [InlineData("\"format\":1", "\"format\":2,\"more\":1", ExportFault.OtherFormat, "2, this program reads 1")]
    [InlineData("\"format\":1", "\"format\":0", ExportFault.OtherFormat, "it has the format 0")]
    [InlineData("directory-export", "raft-snapshot", ExportFault.NoExport, "this is no export")]
    [InlineData("{\"holdfast\"", "PK", ExportFault.NoExport, "this is no export")]
    [InlineData("cart/a", "cart", ExportFault.Malformed, "Line 2 of the export")]
    [InlineData("cart/a", "ca rt/a", ExportFault.Malformed, "Line 2 of the export")]
    [InlineData("01\",\"kind\"", "00\",\"kind\"", ExportFault.Malformed, "cannot have the epoch")]
    [InlineData("\"tombstone\"", "\"more\":1,\"tombstone\"", ExportFault.Malformed, "Line 2 of the export")]
    public async Task An_export_that_was_changed_is_refused_before_anything_is_written(
        string text, string changed, ExportFault fault, string why)
    {
        var whole = await ExportOfTwoAsync();
        var other = await OpenedAsync(shards: 1, lossAt: 30);

        var refusal = await Should.ThrowAsync<DirectoryExportException>(() =>
            ImportAsync(other, whole.Replace(text, changed, StringComparison.Ordinal)));

        refusal.Message.ShouldContain(why);
        refusal.Fault.ShouldBe(fault);
        (await other.ScanAllAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_export_of_another_installation_is_refused_because_its_tokens_name_other_holders()
    {
        var whole = await ExportOfTwoAsync();
        var other = await OpenedAsync(shards: 1, lossAt: 30);

        var refusal = await Should.ThrowAsync<DirectoryExportException>(() =>
            ImportAsync(other, whole, Right with { Origin = "production" }));

        (refusal.Fault, refusal.Line).ShouldBe((ExportFault.OtherOrigin, 1));
        refusal.Message.ShouldContain("it is from 'tests', this is 'production'");
        (await other.ScanAllAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_export_with_an_epoch_from_the_future_is_refused_whole()
    {
        var directory = await OpenedAsync(shards: 1);
        await directory.ClaimAsync(G("a"), East, 11, 11);
        await directory.ClaimAsync(G("b"), East, 11, 32);
        var (_, text) = await ExportAsync(directory);
        var other = await OpenedAsync(shards: 1, lossAt: 30);

        var refusal = await Should.ThrowAsync<DirectoryExportException>(() => ImportAsync(other, text));

        (refusal.Fault, refusal.Line).ShouldBe((ExportFault.FromTheFuture, 3));
        refusal.Message.ShouldContain($"the token {T(32)} is above {T(31)}");
        (await other.ScanAllAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_shard_that_is_being_told_again_is_not_exported_half()
    {
        var directory = await OpenedAsync(shards: 2);
        await directory.ReopenAsync(30, shard: 1);

        var (outcome, text) = await ExportAsync(directory);

        (outcome.Status, outcome.Shard).ShouldBe((DirectoryStatus.Reasserting, 1));
        text.ShouldNotContain("sha256");
    }

    [Fact]
    public async Task A_file_of_format_1_stays_readable()
    {
        var other = await OpenedAsync(shards: 1, lossAt: 30);

        var outcome = await ImportAsync(other, FormatOne);

        outcome.Export.ShouldBe(new ExportSummary("tests", 1, At, 2, 1, T(12), 3));
        (await other.ScanAllAsync()).ShouldBe(
            [Record(G("a"), East, 11, E(11), GrainKind.Leased), Record(G("b"), West, null, E(12), tombstone: true)],
            ignoreOrder: true);
    }

    [Fact]
    public async Task An_export_that_was_cut_anywhere_is_refused_before_anything_is_written()
    {
        var whole = await ExportOfTwoAsync();
        var other = await OpenedAsync(shards: 1, lossAt: 30);

        for (var length = 0; length < whole.Length; length++)
        {
            var cut = whole[..length];
            await Should.ThrowAsync<DirectoryExportException>(() => ImportAsync(other, cut), $"cut at {length}");
        }

        await Should.ThrowAsync<DirectoryExportException>(() => ImportAsync(other, whole + "\n"));
        await Should.ThrowAsync<DirectoryExportException>(() => ImportAsync(other, new string('x', 20_000)));
        (await other.ScanAllAsync()).ShouldBeEmpty();
    }

    private static async Task<string> ExportOfTwoAsync()
    {
        var directory = await OpenedAsync(shards: 1);
        await directory.ClaimAllAsync([G("a"), G("b")], East, 11, 11);
        return (await ExportAsync(directory)).Text;
    }

    private static async Task<(ExportOutcome Outcome, string Text)> ExportAsync(
        EmbeddedGrainDirectory directory, IProgress<long>? progress = null)
    {
        using var file = new MemoryStream();
        var outcome = await DirectoryExport.WriteAsync(directory, file, "tests", At, progress, Cancel);
        return (outcome, Encoding.UTF8.GetString(file.ToArray()));
    }

    private static async Task<ImportOutcome> ImportAsync(
        EmbeddedGrainDirectory directory, string text, ImportRight? right = null)
    {
        using var file = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return await DirectoryExport.ImportAsync(directory, file, right ?? Right, null, Cancel);
    }

    private static async Task<List<GrainRecord>> RecordsAsync(EmbeddedGrainDirectory directory)
    {
        var records = new List<GrainRecord>();
        for (var shard = 0; shard < directory.Shards; shard++) records.AddRange(await directory.ScanAllAsync(shard));
        return records;
    }

    private static async Task<EmbeddedGrainDirectory> OpenedAsync(int shards, ulong? lossAt = null)
    {
        var directory = new EmbeddedGrainDirectory(new DirectoryOptions { Shards = shards });
        for (var shard = 0; shard < shards; shard++)
        {
            await directory.OpenShardAsync(shard, FailoverWest, T(9), Floor, Cancel);
            if (lossAt is { } floor) await directory.ReopenAsync(floor, shard);
        }

        return directory;
    }

    private static async Task RestartAsync(EmbeddedGrainDirectory directory)
    {
        directory.Restart(0);
        var known = (await directory.ShardAsync(0, Cancel)).Version;
        (await directory.ConfirmShardAsync(0, FailoverWest, T(10), known, Cancel)).Status
            .ShouldBe(DirectoryStatus.Ok);
    }

    /// <summary>Does something after the first pages; the embedded directory answers at once.</summary>
    private sealed class AtFirst(Func<Task> change, int times = 1) : IProgress<long>
    {
        private int _left = times;

        public void Report(long value)
        {
            if (_left-- > 0) change().IsCompletedSuccessfully.ShouldBeTrue();
        }
    }
}
