using Holdfast.Cli.Settings;
using Holdfast.Directory;

namespace Holdfast.Cli.Tests;

public sealed class SettingsTests : IDisposable
{
    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("holdfast-cli-").FullName;

    public void Dispose() => System.IO.Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_command_line_goes_before_the_environment_and_that_before_the_file()
    {
        var file = Write("config.json", """{"consensus": ["http://of-file"], "gossip": "http://gossip-of-file", }""");
        await using var nobody = new PaperHosts();

        var outcome = await new ToolRunner { Hosts = nobody }
            .With("HOLDFAST_CONFIG", file)
            .With("HOLDFAST_CONSENSUS", "http://of-environment")
            .With("HOLDFAST_FAILOVER", "http://failover-of-environment")
            .RunAsync("status", "--failover", "http://of-option");

        outcome.Output.ShouldContain("http://of-environment");
        outcome.Output.ShouldContain("http://gossip-of-file");
        outcome.Output.ShouldContain("http://of-option");
        outcome.Output.ShouldNotContain("http://of-file");
        outcome.Output.ShouldNotContain("http://failover-of-environment");
    }

    [Fact]
    public async Task The_usual_file_is_read_where_nobody_names_one()
    {
        System.IO.Directory.CreateDirectory(Path.Combine(_folder, "holdfast"));
        Write("holdfast/config.json", """{"consensus": ["http://usual"]}""");
        await using var nobody = new PaperHosts();

        var outcome = await new ToolRunner { Hosts = nobody }.With("XDG_CONFIG_HOME", _folder).RunAsync("status");

        outcome.Output.ShouldContain("http://usual");
    }

    [Fact]
    public async Task All_that_is_wrong_is_said_at_once_and_nobody_is_asked()
    {
        var outcome = await new ToolRunner()
            .With("HOLDFAST_CONSENSUS", "voter-1:7400").With("HOLDFAST_TIMEOUT", "0")
            .RunAsync("status", "--directory", "redis", "--token-file", "/nowhere");

        outcome.ShouldBeGolden("settings-wrong");
    }

    [Theory]
    [InlineData("--authority-file")]
    [InlineData("--certificate-file")]
    public async Task A_file_of_certificates_that_is_none_is_named_with_its_option(string option)
    {
        var none = Write("none.pem", "no certificate");
        var key = Write("key.pem", "no key");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        foreach (var file in new[] { none, Path.Combine(_folder, "missing.pem") })
        {
            string[] keyFile = option == "--certificate-file" ? ["--key-file", key] : [];
            var outcome = await new ToolRunner().RunAsync(
                ["status", "--consensus", "https://voter-1", option, file, .. keyFile, "--json"]);

            outcome.Exit.ShouldBe(ExitCode.Usage);
            outcome.Errors.ShouldContain(option);
            outcome.Errors.ShouldStartWith("{");
        }
    }

    [Fact]
    public void The_directory_behind_Sentinels_is_set_as_everything_else()
    {
        var password = Write("sentinels", "secret");
        Protect(password, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["HOLDFAST_DIRECTORY_SENTINELS"] = "10.0.0.1:26379,10.0.0.2:26379",
            ["HOLDFAST_DIRECTORY_SENTINEL_MASTER"] = "grains",
            ["HOLDFAST_DIRECTORY_SENTINEL_USER"] = "tool",
            ["HOLDFAST_DIRECTORY_SENTINEL_PASSWORD_FILE"] = password,
        };

        var directory = SettingsReader.Read(
            _ => null, name => variables.GetValueOrDefault(name), Write("empty.json", "{}")).Directory!;

        directory.Backend.ShouldBe(DirectoryBackend.Redis);
        directory.Sentinels.ShouldBe("10.0.0.1:26379,10.0.0.2:26379");
        directory.SentinelMaster.ShouldBe("grains");
        directory.SentinelUser.ShouldBe("tool");
        directory.SentinelPasswordFile.ShouldBe(password);
    }

    [Fact]
    public async Task Sentinels_that_are_none_are_refused_with_what_is_legal()
    {
        var outcome = await new ToolRunner().RunAsync("grains", "east", "--directory-sentinels", "nowhere");

        outcome.Exit.ShouldBe(ExitCode.Usage);
        outcome.Errors.ShouldContain("--directory-sentinels");
        outcome.Errors.ShouldContain("must be host:port");
    }

    [Fact]
    public async Task What_is_wrong_with_Sentinels_is_said_of_them_wherever_the_directory_was_set()
    {
        var outcome = await new ToolRunner().With("HOLDFAST_DIRECTORY", "10.0.0.1:6379")
            .RunAsync("grains", "east", "--directory-sentinels", "http://10.0.0.2:26379/nowhere");

        outcome.Exit.ShouldBe(ExitCode.Usage);
        outcome.Errors.ShouldContain("--directory-sentinels: Directory:Sentinels");
        outcome.Errors.ShouldNotContain("HOLDFAST_DIRECTORY:");
    }

    [Fact]
    public async Task A_directory_over_http_has_no_Sentinels()
    {
        var outcome = await new ToolRunner().With("HOLDFAST_DIRECTORY", "https://directory.example")
            .RunAsync("grains", "east", "--directory-sentinels", "10.0.0.2:26379");

        outcome.Exit.ShouldBe(ExitCode.Usage);
        outcome.Errors.ShouldContain("HOLDFAST_DIRECTORY has 'https://directory.example' and --directory-sentinels");
    }

    [Theory]
    [InlineData("""{"consensu": []}""", "'consensu' is no setting. Legal are consensus, gossip")]
    [InlineData("""{"consensus": [7.5, {}]}""", "consensus must be an array of texts")]
    [InlineData("""["http://voter-1"]""", "a JSON object is wanted")]
    [InlineData("""{"timeout": 1, "timeout": 2}""", "a setting is in it twice")]
    [InlineData("""{""", "it is not JSON")]
    public async Task A_file_that_cannot_be_used_is_named_with_the_reason(string text, string reason)
    {
        var file = Write("config.json", text);

        var outcome = await new ToolRunner().RunAsync("status", "--config", file);

        outcome.Exit.ShouldBe(ExitCode.Usage);
        outcome.Errors.ShouldContain(file);
        outcome.Errors.ShouldContain(reason);
    }

    [Theory, InlineData("640", "read"), InlineData("602", "change"), InlineData("604", "read")]
    public async Task A_token_that_others_may_read_or_change_is_not_used(string mode, string verb)
    {
        var file = Write("token", "0123456789abcdef");
        Protect(file, (UnixFileMode)Convert.ToInt32(mode, 8));

        var outcome = await new ToolRunner()
            .RunAsync("status", "--consensus", "http://voter-1", "--token-file", file);

        outcome.Exit.ShouldBe(ExitCode.Usage);
        outcome.Errors.ShouldBe(
            $"--token-file is '{file}', which others may {verb}; wanted is a file for its owner only: " +
            $"chmod 600 '{file}'.\n");
    }

    [Theory, InlineData(""), InlineData(" \n\n")]
    public async Task A_token_file_that_holds_none_is_refused_before_anybody_is_asked(string text)
    {
        var file = Write("token", text);
        Protect(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        var outcome = await new ToolRunner()
            .RunAsync("pause", "--reason", "drill", "--failover", "http://failover-west", "--token-file", file);

        outcome.Exit.ShouldBe(ExitCode.Usage);
        outcome.Errors.ShouldBe(
            $"--token-file is '{file}', which holds nothing; wanted is a file with the secret.\n");
    }

    [Fact]
    public async Task A_path_in_a_file_begins_at_the_file()
    {
        var token = Write("token", "0123456789abcdef");
        Protect(token, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var file = Write("config.json", """{"consensus": "http://voter-1", "tokenFile": "token"}""");
        await using var nobody = new PaperHosts();

        var outcome = await new ToolRunner { Hosts = nobody }.RunAsync("status", "--config", file);

        outcome.Exit.ShouldBe(ExitCode.Unreachable, outcome.Text());
    }

    private static void Protect(string file, UnixFileMode mode)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such modes.");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file, mode);
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
