using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using Holdfast.Directory.Redis;
using Holdfast.Directory.Tests.Contract;
using Microsoft.Extensions.Logging.Abstractions;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Redis;

/// <summary>
/// What a service finds out about its rights before it is ready, on a Redis with an access list in a file, whose users
/// those of deploy/access.sh but for one right.
/// </summary>
public sealed class RightsAtStartTests(RedisUsersFixture redis) : IClassFixture<RedisUsersFixture>, IAsyncDisposable
{
    // Of what can only end with it.
    private static readonly TimeSpan BriefDeadline = TimeSpan.FromSeconds(3);

    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("holdfast-rights-");
    private readonly List<IAsyncDisposable> _opened = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        foreach (var one in _opened) await one.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData("failover")]
    [InlineData("recovery")]
    [InlineData("handoff")]
    [InlineData("users")]
    public async Task The_rights_that_deploy_gives_each_role_are_enough_and_trying_them_changes_nothing(string role)
    {
        await StartAsync(role, RightsOf(role));
        await OpenAsAdminAsync();
        var before = await DumpAsync();

        (await WaitsForAsync(role)).ShouldBeNull();

        (await DumpAsync()).ShouldBe(before);
    }

    [Theory]
    [InlineData("failover", "+xtrim", "XTRIM {hf:00}:out")]
    [InlineData("failover", "+hdel", "HDEL {hf:00}:meta")]
    [InlineData("failover", "~{hf:*}:grant:failover", "HGET {hf:00}:grant:failover")]
    [InlineData("failover", "~{hf:*}:rec", "HGET {hf:00}:rec")]
    [InlineData("failover", "+hset", "HSET {hf:00}:meta")]
    [InlineData("recovery", "~{hf:*}:grant:recovery", "HGET {hf:00}:grant:recovery")]
    [InlineData("recovery", "~{hf:*}:slots:*", "HMGET {hf:00}:slots:,")]
    [InlineData("users", "+xadd", "XADD {hf:00}:out")]
    [InlineData("users", "+sadd", "SADD {hf:00}:own:,")]
    [InlineData("users", "+srem", "SREM {hf:00}:own:,")]
    public async Task A_right_that_is_missing_is_named_before_a_service_is_ready_and_trying_it_changes_nothing(
        string role, string right, string wanted)
    {
        await StartAsync(role, RightsOf(role).Replace($" {right}", "", StringComparison.Ordinal));
        await OpenAsAdminAsync();
        var before = await DumpAsync();

        (await WaitsForAsync(role)).ShouldBe(
            $"the right to {wanted} at {redis.Address} for the user '{role}'; deploy/access.sh lists what is wanted");

        (await DumpAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task A_grant_that_may_only_be_read_is_named_before_it_is_ready()
    {
        const string key = "~{hf:*}:grant:failover";
        await StartAsync("failover", RightsOf("failover").Replace(key, "%R" + key, StringComparison.Ordinal));
        await OpenAsAdminAsync();

        (await WaitsForAsync("failover")).ShouldNotBeNull().ShouldStartWith(
            "the right to HSET {hf:00}:grant:failover at");
    }

    [Fact]
    public async Task A_service_without_a_duty_is_ready_without_the_rights_of_others()
    {
        await StartAsync("users", RightsOf("users"));
        await OpenAsAdminAsync();

        (await WaitsForAsync("users")).ShouldBeNull();
        (await WaitsForAsync("users", DirectoryDuty.Failover)).ShouldNotBeNull().ShouldContain("grant:failover");
        (await WaitsForAsync("users", DirectoryDuty.Recovery)).ShouldNotBeNull().ShouldContain("grant:recovery");
    }

    [Theory]
    [InlineData("user default on >right ~* &* +@all", "wrong")]
    [InlineData("user default off", "any")]
    public async Task A_wrong_password_without_a_user_ends_the_start_by_name(string rule, string password)
    {
        await redis.BeginAsync(rule);

        var refused = await Should.ThrowAsync<InvalidCredentialException>(
            () => WaitsForAsync(Options(user: null, password) with { Deadline = BriefDeadline }));

        refused.Message.ShouldContain(
            $"Redis at {redis.Address} does not take the password that Directory:PasswordFile ('{PasswordFile}') " +
            "gives for the user 'default', since Directory:User is absent (WRONGPASS or NOAUTH)");
    }

    [Fact]
    public async Task A_password_that_is_wanted_and_not_given_ends_the_start_by_name()
    {
        await redis.BeginAsync("user default on >right ~* &* +@all");

        var refused = await Should.ThrowAsync<InvalidCredentialException>(
            () => WaitsForAsync(Options(user: null, password: null) with { Deadline = BriefDeadline }));

        refused.Message.ShouldContain(
            $"Redis at {redis.Address} wants a password (NOAUTH): Directory:PasswordFile (absent) must name a file " +
            "with it, and Directory:User whose it is where that is not the user 'default'.");
    }

    [Fact]
    public async Task A_user_whose_redis_lets_no_nameless_shake_hands_is_told_so()
    {
        await redis.BeginAsync("user default on >right ~* &* +@all\nuser svc on >s3cret ~* &* +@all");

        var refused = await Should.ThrowAsync<InvalidCredentialException>(
            () => WaitsForAsync(Options("svc", "s3cret") with { Deadline = BriefDeadline }));

        refused.Message.ShouldContain("lets nobody shake hands without a password (NOAUTH)");
        refused.Message.ShouldContain("Directory:User ('svc')");
    }

    [Fact]
    public async Task The_right_password_without_a_user_is_taken()
    {
        await redis.BeginAsync("user default on >right ~* &* +@all");

        (await WaitsForAsync(Options(user: null, "right"))).ShouldBeNull();
    }

    private string PasswordFile => Path.Combine(_folder.FullName, "password");

    private Task StartAsync(string user, string rights) => redis.BeginAsync(
        $"user default on nopass resetkeys {Tell("printf %s \"$redis_handshake\"")}\n" +
        $"user {user} on >s3cret resetkeys resetchannels {rights}");

    /// <summary>The shard is there: somebody else made it.</summary>
    private async Task OpenAsAdminAsync()
    {
        var admin = Open(Options("admin", "any"));
        (await admin.OpenShardAsync(0, FailoverWest, T(9), Floor, Cancel)).Status.ShouldBe(DirectoryStatus.Ok);
        (await admin.ClaimAsync(G("a"), East, 11, 11)).Status.ShouldBe(DirectoryStatus.Ok);
    }

    private Task<string?> WaitsForAsync(string role) => role switch
    {
        "failover" => WaitsForAsync(role, DirectoryDuty.Failover),
        "recovery" => WaitsForAsync(role, DirectoryDuty.Recovery),
        _ => WaitsForAsync(role, []),
    };

    private Task<string?> WaitsForAsync(string user, params DirectoryDuty[] duties) =>
        WaitsForAsync(Options(user, "s3cret"), duties);

    private async Task<string?> WaitsForAsync(DirectoryOptions options, params DirectoryDuty[] duties)
    {
        var readiness = new DirectoryReadiness(
            Open(options), Microsoft.Extensions.Options.Options.Create(options), TimeProvider.System, duties);
        await readiness.ProbeAsync(Cancel);
        return readiness.WaitsFor();
    }

    private DirectoryOptions Options(string? user, string? password)
    {
        if (password is not null) File.WriteAllText(PasswordFile, password + "\n");
        return new DirectoryOptions
        {
            Redis = redis.Address,
            Shards = 1,
            User = user,
            PasswordFile = password is null ? null : PasswordFile,
            Deadline = TimeSpan.FromSeconds(30),
        };
    }

    private RedisGrainDirectory Open(DirectoryOptions options)
    {
        var directory = new RedisGrainDirectory(options, NullLogger<RedisGrainDirectory>.Instance);
        _opened.Add(directory);
        return directory;
    }

    private async Task<string> DumpAsync()
    {
        var said = new List<string>();
        string[] commands = ["HGETALL {hf:00}:meta", "HGETALL {hf:00}:rec", "XRANGE {hf:00}:out - +", "KEYS *"];
        foreach (var command in commands) said.Add(await redis.SayAsync(command));

        return string.Join('\n', said);
    }

    private static string RightsOf(string role) => Tell($"redis_rights {role}");

    /// <summary>What deploy/access.sh says.</summary>
    private static string Tell(string question, [CallerFilePath] string here = "")
    {
        var access = Path.Combine(Path.GetDirectoryName(here)!, "../../../deploy/access.sh");
        using var bash = Process.Start(new ProcessStartInfo("bash", ["-c", $". '{access}'; {question}"])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        var said = bash.StandardOutput.ReadToEnd();
        bash.WaitForExit();
        bash.ExitCode.ShouldBe(0);
        return said;
    }
}
