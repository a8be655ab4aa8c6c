using Holdfast.Directory;
using Holdfast.Directory.Http;
using Holdfast.Primitives;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Cli.Tests;

/// <summary>What the tool says of a directory that repeats, or holds what nobody can read.</summary>
public sealed class FaultyDirectoryTests : IAsyncDisposable
{
    private static readonly ShardVersion Version = new("gen", 7);

    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("holdfast-cli-").FullName;
    private readonly PaperHosts _hosts = new();

    public async ValueTask DisposeAsync()
    {
        await _hosts.DisposeAsync();
        System.IO.Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Grains_that_a_page_repeats_count_once_towards_the_limit()
    {
        var pages = new Queue<GrainPage>(
        [
            new GrainPage(DirectoryStatus.Ok, [Record("a"), Record("a"), Record("a")], "1", Version),
            new GrainPage(DirectoryStatus.Ok, [Record("a"), Record("b")], null, Version),
        ]);
        Plays(DirectoryRoutes.List, pages.Dequeue);

        var outcome = await RunAsync("grains", "east", "--limit", "2");

        outcome.Exit.ShouldBe(ExitCode.Done, outcome.Text());
        outcome.Output.ShouldContain("account/a");
        outcome.Output.ShouldContain("account/b");
        outcome.Output.ShouldNotContain("There are more");
    }

    [Fact]
    public async Task Records_that_nobody_can_read_are_counted_and_the_export_is_not_called_done()
    {
        Plays(DirectoryRoutes.Describe, () => new ShardAnswer(0, DirectoryStatus.Ok, Version, default));
        Plays(DirectoryRoutes.Scan, () =>
            new GrainPage(DirectoryStatus.Ok, [Record("a")], null, Version) { Malformed = 2 });
        var file = Path.Combine(_folder, "grains.export");

        var outcome = await RunAsync("directory", "export", file, "--origin", "bank");

        outcome.Exit.ShouldBe(ExitCode.Failed, outcome.Text());
        outcome.Errors.ShouldContain("2 records of the directory cannot be read and are not in");
        File.Exists(file).ShouldBeTrue();
    }

    private static GrainRecord Record(string key) => new(
        new GrainId("account", key), new ClusterId("east"), null, Epoch.Parse("0001000000000015-0000000000000001"),
        GrainKind.Fenced, Tombstone: false);

    private void Plays<T>(string operation, Func<T> answer) => _hosts.Plays(
        "hub", DirectoryRoutes.Root + operation, _ => Results.Json(answer(), DirectoryJson.Answers));

    private async Task<ToolOutcome> RunAsync(params string[] command)
    {
        await _hosts.StartAsync();
        return await new ToolRunner { Hosts = _hosts }.With("HOLDFAST_DIRECTORY_SHARDS", "1")
            .RunAsync([.. command, "--directory", "http://hub"]);
    }
}
