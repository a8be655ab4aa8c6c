using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Holdfast.Directory.Redis;
using Holdfast.Directory.Tests.Contract;
using Holdfast.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Redis;

/// <summary>A Redis that stops answering, goes away, comes late, or wants to know who is there.</summary>
public sealed class RedisFaultTests : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMilliseconds(400);

    private readonly RedisFixture _redis = new();
    private readonly List<RedisGrainDirectory> _opened = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        foreach (var directory in _opened) await directory.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task A_paused_redis_fails_each_call_at_its_deadline_and_serves_again_when_it_wakes()
    {
        await _redis.StartAsync();
        var directory = await OpenedAsync(Deadline);
        await _redis.Server.PauseAsync();

        var started = Stopwatch.GetTimestamp();
        var failure = await Should.ThrowAsync<DirectoryUnavailableException>(() =>
            directory.ClaimAsync(G("a"), East, 11, 11));
        var took = Stopwatch.GetElapsedTime(started);
        await _redis.Server.ResumeAsync();

        took.ShouldBeInRange(Deadline - TimeSpan.FromMilliseconds(50), Deadline + TimeSpan.FromSeconds(2));
        failure.Message.ShouldContain("did not answer claim within 0.4 s");

        // The late delivery of the call that was given up, and this one: one change. A busy machine needs more time
        // than a call to a silent server is given here.
        var patient = await OpenedAsync(TimeSpan.FromSeconds(20));
        (await patient.ClaimAsync(G("a"), East, 11, 11)).Status.ShouldBe(DirectoryStatus.Ok);
        (await patient.OutboxAsync()).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Calls_ride_out_a_restart_of_redis_within_their_deadline_and_change_nothing_until_it_is_confirmed()
    {
        await _redis.StartAsync(new RedisSettings { ConfigLines = ["appendonly yes", "appendfsync always"] });
        var directory = await OpenedAsync(TimeSpan.FromSeconds(20));
        var known = (await directory.ClaimAsync(G("a"), East, 11, 11)).Shard;
        await _redis.Server.KillAsync();

        var during = directory.ClaimAsync(G("b"), East, 11, 11);
        await _redis.Server.RestartAsync();

        (await during).Status.ShouldBe(DirectoryStatus.ShardLost);
        (await directory.ConfirmShardAsync(0, FailoverWest, T(20), known, Cancel)).Status.ShouldBe(DirectoryStatus.Ok);
        (await directory.ClaimAsync(G("b"), East, 11, 11)).Status.ShouldBe(DirectoryStatus.Ok);
        (await directory.LookupAsync(G("a"))).Status.ShouldBe(DirectoryStatus.Ok);
    }

    [Fact]
    public async Task A_connection_that_was_cut_without_a_word_is_left_for_a_new_one()
    {
        await _redis.StartAsync();
        await using var relay = new CutRelay(_redis.Server);
        var directory = await OpenedAsync(Deadline, relay.Address);
        relay.Cut();
        await Should.ThrowAsync<DirectoryUnavailableException>(() => directory.ShardAsync(0, Cancel));

        // TCP itself would notice after a quarter of an hour.
        await AnsweredAsync(directory).WaitAsync(TimeSpan.FromSeconds(60), Cancel);
    }

    [Fact]
    public async Task A_server_that_is_away_costs_a_relay_who_asks_for_it_then_and_nobody_later()
    {
        await _redis.StartAsync();
        await using var relay = new CutRelay(_redis.Server);
        await _redis.Server.KillAsync();
        using var early = new TcpClient();
        await early.ConnectAsync(IPEndPoint.Parse(relay.Address), Cancel);
        (await early.GetStream().ReadAsync(new byte[1], Cancel)).ShouldBe(0);

        await _redis.Server.RestartAsync();

        (await OpenedAsync(TimeSpan.FromSeconds(20), relay.Address)).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_redis_that_is_down_is_said_so_within_the_deadline()
    {
        await _redis.StartAsync();
        var directory = await OpenedAsync(Deadline);
        await _redis.Server.KillAsync();

        var failure = await Should.ThrowAsync<DirectoryUnavailableException>(() => directory.LookupAsync(G("a")));

        failure.Message.ShouldContain(_redis.Address);
    }

    [Fact]
    public async Task A_redis_that_comes_late_is_found_by_the_same_directory()
    {
        await _redis.StartAsync();
        await _redis.Server.KillAsync();
        var directory = Open(new DirectoryOptions { Shards = 1, Deadline = Deadline });
        var waiting = new DirectoryReadiness(
            directory, Microsoft.Extensions.Options.Options.Create(new DirectoryOptions()), TimeProvider.System);
        await waiting.ProbeAsync(Cancel);
        var missing = waiting.WaitsFor();
        await _redis.Server.RestartAsync();

        // Each probe is bounded by the deadline; the connection is made again every 250 ms or so.
        using var giveUp = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (waiting.WaitsFor() is not null && !giveUp.IsCancellationRequested)
            await waiting.ProbeAsync(giveUp.Token);

        missing.ShouldNotBeNull().ShouldContain(_redis.Address);
        waiting.WaitsFor().ShouldBeNull();
    }

    [Fact]
    public async Task A_user_of_the_access_list_is_let_in_and_again_after_its_connection_was_killed()
    {
        const string handshake =
            "nopass -@all +auth +ping +info +client +echo +hello +select +config|get +cluster|nodes +subscribe " +
            "+unsubscribe +quit";
        await _redis.StartAsync(new RedisSettings
        {
            Users =
            [
                "default on " + handshake,
                "admin on >root ~* &* +@all",
                "svc on >s3cret ~{hf:* +@all -@dangerous +info",
            ],
        });
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "s3cret\n", Cancel);
        var directory = Open(new DirectoryOptions
        {
            Shards = 1,
            User = "svc",
            PasswordFile = file,
            Deadline = TimeSpan.FromSeconds(10),
        });
        await OpenShardsAsync(directory);
        (await directory.ClaimAsync(G("a"), East, 11, 11)).Status.ShouldBe(DirectoryStatus.Ok);

        var admin = await _redis.AdminAsync();
        await admin.ExecuteAsync("AUTH", "admin", "root");
        await admin.ExecuteAsync("CLIENT", "KILL", "USER", "svc");

        (await directory.ClaimAsync(G("b"), East, 11, 11)).Status.ShouldBe(DirectoryStatus.Ok);
        File.Delete(file);
    }

    [Theory]
    [InlineData(null, "default on >s3cret ~* +@all")]
    [InlineData("svc", "svc on >s3cret ~* +@all")]
    public async Task A_password_that_cannot_be_read_at_first_is_read_once_it_can(string? user, string rule)
    {
        const string handshake = "default on nopass -@all +auth +ping +info +echo";
        await _redis.StartAsync(new RedisSettings { Users = user is null ? [rule] : [handshake, rule] });

        // Reading a folder fails as a file without rights does, also for root.
        var file = System.IO.Directory.CreateTempSubdirectory().FullName;
        var directory = Open(new DirectoryOptions
        {
            Shards = 1,
            User = user,
            PasswordFile = file,
            Deadline = TimeSpan.FromMilliseconds(400),
        });
        await Should.ThrowAsync<DirectoryUnavailableException>(() => directory.ShardAsync(0, Cancel));
        System.IO.Directory.Delete(file);
        await File.WriteAllTextAsync(file, "s3cret", Cancel);

        // Each try is bounded by the deadline; the file is read again every 250 ms or so.
        using var giveUp = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        DirectoryStatus? status = null;
        while (status is null) status = await TryAsync(giveUp.Token);

        status.ShouldBe(DirectoryStatus.ShardLost);
        File.Delete(file);

        async Task<DirectoryStatus?> TryAsync(CancellationToken cancel)
        {
            try
            {
                return (await directory.ShardAsync(0, cancel)).Status;
            }
            catch (DirectoryUnavailableException)
            {
                return null;
            }
        }
    }

    [Fact]
    public async Task A_wrong_password_is_told_with_whose_it_is_and_where_it_came_from()
    {
        await _redis.StartAsync(new RedisSettings
        {
            Users = ["default on nopass -@all +auth +ping +info +echo", "svc on >right ~* +@all"],
        });
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "wrong", Cancel);
        var directory = Open(new DirectoryOptions
        {
            Shards = 1,
            User = "svc",
            PasswordFile = file,
            Deadline = Deadline,
        });

        var failure = await Refusals.UntilAsync(DirectoryTrouble.WrongPassword, () => directory.ShardAsync(0, Cancel));

        failure.Trouble.ShouldBe(DirectoryTrouble.WrongPassword);
        failure.Message.ShouldContain(
            $"does not take the password that Directory:PasswordFile ('{file}') gives for Directory:User ('svc').");
        failure.Message.ShouldNotContain("wrong");
        File.Delete(file);
    }

    [Fact]
    public async Task Giving_up_ends_a_call_before_its_deadline()
    {
        await _redis.StartAsync();
        var directory = await OpenedAsync(TimeSpan.FromSeconds(30));
        await _redis.Server.PauseAsync();
        using var giveUp = new CancellationTokenSource();

        var call = directory.LookupAsync([G("a")], giveUp.Token);
        await giveUp.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => call);
        await _redis.Server.ResumeAsync();
    }

    private async Task<RedisGrainDirectory> OpenedAsync(TimeSpan deadline, string? address = null)
    {
        // The first call pays for the connection; tests of short deadlines do not measure that.
        await OpenShardsAsync(Open(new DirectoryOptions { Shards = 1, Deadline = TimeSpan.FromSeconds(20) }));
        var directory = Open(new DirectoryOptions { Shards = 1, Deadline = deadline }, address);
        await AnsweredAsync(directory);
        return directory;
    }

    /// <summary>Asks until there is an answer; each question is bounded by the deadline.</summary>
    private static async Task AnsweredAsync(RedisGrainDirectory directory)
    {
        for (var answered = false; !answered;)
        {
            try
            {
                answered = (await directory.ShardAsync(0, Cancel)).Status == DirectoryStatus.Ok;
            }
            catch (DirectoryUnavailableException)
            {
                answered = false;
            }
        }
    }

    private static async Task OpenShardsAsync(RedisGrainDirectory directory)
    {
        var opened = await directory.OpenShardAsync(0, FailoverWest, T(9), Floor, Cancel);
        opened.Status.ShouldBe(DirectoryStatus.Ok);
    }

    private RedisGrainDirectory Open(DirectoryOptions options, string? address = null)
    {
        var directory = new RedisGrainDirectory(
            options with { Redis = address ?? _redis.Address }, NullLogger<RedisGrainDirectory>.Instance);
        _opened.Add(directory);
        return directory;
    }
}
