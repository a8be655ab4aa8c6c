using System.Globalization;
using Holdfast.Contracts.Http;
using Holdfast.Directory;
using Holdfast.Directory.Embedded;
using Holdfast.Primitives;
using Holdfast.Standalone.Directory;

namespace Holdfast.Cli.Tests;

/// <summary>Commands that ask the directory itself: an embedded one, served as Standalone serves it.</summary>
public sealed class RecordTests : IAsyncLifetime
{
    private const string Token = "0123456789abcdef";
    private static readonly Token Early = new(0x0001_0000_0000_0010);
    private static readonly ElectionName Election = new("failover/east");

    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("holdfast-cli-").FullName;
    private readonly EmbeddedGrainDirectory _directory = new(new DirectoryOptions { Shards = 4 }, TimeProvider.System);
    private readonly PaperHosts _hosts = new PaperInstallation().Hosts();

    private string _place = "http://hub";
    private bool _isTerminal;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string ExportFile => Path.Combine(_folder, "grains.export");

    public async ValueTask InitializeAsync()
    {
        PaperImport.IsAllowed(_hosts);
        await _hosts.StartAsync("hub", app => app.MapGrainDirectory(_directory));
        for (var shard = 0; shard < _directory.Shards; shard++)
            await _directory.OpenShardAsync(shard, Election, Early, Early, Cancel);
        await ClaimAsync("east", PaperInstallation.OwnerOfEast, 6);
        await ClaimAsync("west", PaperInstallation.OwnerOfWest, 2);
    }

    public async ValueTask DisposeAsync()
    {
        await _hosts.DisposeAsync();
        System.IO.Directory.Delete(_folder, recursive: true);
    }

    [Theory, InlineData("grains"), InlineData("grains-json", "--json")]
    public async Task Grains_are_counted_by_cluster_and_listed_for_one(string golden, params string[] options)
    {
        var counts = await RunAsync(["grains", .. options]);
        var list = await RunAsync(["grains", "west", .. options]);
        var some = await RunAsync("grains", "east", "--type", "account-east", "--limit", "2");

        ToolOutcome.ShouldBeGolden(golden, counts, list);
        some.Output.ShouldContain("There are more than these 2");
    }

    [Theory, InlineData("grains-unknown"), InlineData("grains-unknown-json", "--json")]
    public async Task An_owner_that_Consensus_does_not_know_is_counted_and_named(string golden, params string[] options)
    {
        await ClaimAsync("south", "0001000000000017", 8);

        (await RunAsync(["grains", .. options])).ShouldBeGolden(golden);
    }

    [Fact]
    public async Task A_status_asks_every_shard()
    {
        var outcome = await RunAsync("status");

        outcome.Output.ShouldContain("Directory    4 of 4 shards open\n");
    }

    [Fact]
    public async Task A_shard_in_another_process_is_not_open_until_it_was_confirmed()
    {
        _directory.Restart(2);

        var outcome = await RunAsync("status");

        outcome.Output.ShouldContain("Directory    3 of 4 shards open, 1 shard not confirmed\n");
        outcome.Output.ShouldContain("1 shard of the directory is in another process");
    }

    [Theory, InlineData(""), InlineData("129")]
    public async Task An_origin_that_no_export_can_have_is_refused_before_anybody_is_asked(string origin)
    {
        var given = origin.Length == 0 ? "" : new string('x', int.Parse(origin, CultureInfo.InvariantCulture));

        var outcome = await RunAsync("directory", "export", ExportFile, "--origin", given, "--json");

        outcome.Exit.ShouldBe(ExitCode.Usage);
        outcome.Errors.ShouldContain("An origin has 1 to 128 characters");
        outcome.Errors.ShouldStartWith("{");
    }

    [Fact]
    public async Task A_folder_that_is_missing_is_named()
    {
        var outcome = await RunAsync("directory", "export", Path.Combine(_folder, "none", "grains.export"), "--json");

        outcome.Exit.ShouldBe(ExitCode.Usage);
        outcome.Errors.ShouldContain("there is no folder");
        outcome.Errors.ShouldStartWith("{");
    }

    [Fact]
    public async Task Voters_that_refuse_to_name_the_installation_are_a_refusal()
    {
        foreach (var voter in new[] { "voter-1", "voter-2", "voter-3" })
        {
            _hosts.Plays(voter, ConsensusRoutes.Config, _ =>
                PaperHosts.Problem(403, "forbidden", "this token may not"));
        }

        var outcome = await RunAsync("directory", "export", ExportFile, "--json");

        outcome.Exit.ShouldBe(ExitCode.Refused, outcome.Text());
        outcome.Errors.ShouldContain("this token may not");
        outcome.Errors.ShouldStartWith("{");
    }

    [Fact]
    public async Task A_directory_with_another_number_of_shards_is_named()
    {
        var outcome = await RunAsync("grains", "--directory-shards", "8");

        outcome.Exit.ShouldBe(ExitCode.Refused);
        outcome.Errors.ShouldContain("another number of shards than --directory-shards says");
    }

    [Theory, InlineData("directory"), InlineData("directory-json", "--json")]
    public async Task An_export_is_for_its_owner_only_and_comes_back_in_the_window(
        string golden, params string[] options)
    {
        var exported = await RunAsync(["directory", "export", ExportFile, .. options]);
        exported.Exit.ShouldBe(ExitCode.Done, exported.Text());
        if (!OperatingSystem.IsWindows())
            File.GetUnixFileMode(ExportFile).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await LoseAsync();

        var imported = await RunAsync(["directory", "import", ExportFile, "--yes", .. options]);

        ToolOutcome.ShouldBeGolden(golden, Shown(exported), Shown(imported));
        var back = (await _directory.LookupAsync([new GrainId("account-east", "1")], Cancel))[0];
        back.Record!.Cluster.Value.ShouldBe("east");
    }

    [Fact]
    public async Task At_a_terminal_long_work_says_how_far_it_has_come()
    {
        _isTerminal = true;

        var listed = await RunAsync("grains", "east");
        var exported = await RunAsync("directory", "export", ExportFile);
        await LoseAsync();
        var imported = await RunAsync("directory", "import", ExportFile, "--yes");

        listed.Errors.ShouldContain(" found, ");
        exported.Errors.ShouldContain(" records, ");
        imported.Errors.ShouldContain(" records, ");
    }

    [Fact]
    public async Task Outside_the_window_nothing_is_imported_and_it_says_so()
    {
        (await RunAsync("directory", "export", ExportFile)).Exit.ShouldBe(ExitCode.Done);

        var outcome = await RunAsync("directory", "import", ExportFile, "--yes");

        outcome.Exit.ShouldBe(ExitCode.Refused, outcome.Text());
        outcome.Errors.ShouldContain("The reassert window is not open");
    }

    [Fact]
    public async Task An_import_that_breaks_off_says_that_it_may_be_repeated()
    {
        (await RunAsync("directory", "export", ExportFile)).Exit.ShouldBe(ExitCode.Done);
        _place = "http://nobody";

        var outcome = await RunAsync("directory", "import", ExportFile, "--yes", "--json");

        outcome.Exit.ShouldBe(ExitCode.Failed, outcome.Text());
        outcome.Errors.ShouldContain("in part, 0 records were answered before, and it may be repeated");
        outcome.Errors.ShouldStartWith("{");
    }

    [Fact]
    public async Task An_import_asks_first()
    {
        (await RunAsync("directory", "export", ExportFile)).Exit.ShouldBe(ExitCode.Done);

        var outcome = await RunAsync("directory", "import", ExportFile);

        outcome.Exit.ShouldBe(ExitCode.NotConfirmed);
        outcome.Errors.ShouldContain("8 records of bank");
    }

    [Theory, InlineData("a torn file"), InlineData("")]
    public async Task What_is_no_export_changes_nothing(string text)
    {
        await File.WriteAllTextAsync(ExportFile, text, Cancel);

        var outcome = await RunAsync("directory", "import", ExportFile, "--yes");

        outcome.Exit.ShouldBe(ExitCode.Usage);
        outcome.Errors.ShouldContain("cannot be imported, and nothing was changed");
        _hosts.Changes.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_export_replaces_no_file_unless_it_is_told_to()
    {
        await File.WriteAllTextAsync(ExportFile, "mine", Cancel);

        var kept = await RunAsync("directory", "export", ExportFile);
        var replaced = await RunAsync("directory", "export", ExportFile, "--overwrite");

        kept.Exit.ShouldBe(ExitCode.Usage);
        kept.Errors.ShouldContain("is there already");
        replaced.Exit.ShouldBe(ExitCode.Done);
        System.IO.Directory.GetFiles(_folder).Length.ShouldBe(2, "the token and the export, and nothing half written");
    }

    private async Task ClaimAsync(string cluster, string session, int grains)
    {
        var claims = Enumerable.Range(1, grains).Select(i => new GrainClaim(new GrainId($"account-{cluster}", $"{i}")));
        var holder = SessionId.Parse(session);
        var answers = await _directory.ClaimAsync([.. claims], new ClusterId(cluster), holder, holder.Opened, Cancel);
        answers.ShouldAllBe(answer => answer.Status == DirectoryStatus.Ok);
    }

    /// <summary>All memory is lost, and the window is open.</summary>
    private async Task LoseAsync()
    {
        for (var shard = 0; shard < _directory.Shards; shard++)
        {
            _directory.Forget(shard);
            var floor = new Token(Early.Value + 0x60);
            var opened = await _directory.ReopenShardAsync(shard, Election, floor, floor, Cancel);
            opened.Status.ShouldBe(DirectoryStatus.Ok);
        }
    }

    private ToolOutcome Shown(ToolOutcome outcome) => outcome with
    {
        Arguments = outcome.Arguments.Replace(_folder + "/", "", StringComparison.Ordinal),
        Output = outcome.Output.Replace(_folder + "/", "", StringComparison.Ordinal),
    };

    private async Task<ToolOutcome> RunAsync(params string[] command)
    {
        var tokenFile = Path.Combine(_folder, "token");
        await File.WriteAllTextAsync(tokenFile, Token, Cancel);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(tokenFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var outcome = await new ToolRunner { Hosts = _hosts, IsTerminal = _isTerminal }
            .With("HOLDFAST_DIRECTORY_SHARDS", "4")
            .RunAsync(
                [.. command, .. PaperInstallation.Settings, "--directory", _place, "--token-file", tokenFile]);
        return outcome with { Arguments = ToolOutcome.LineOf(command) };
    }
}
