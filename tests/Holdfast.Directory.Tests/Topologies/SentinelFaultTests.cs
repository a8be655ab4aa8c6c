using System.Diagnostics;
using Holdfast.Directory.Redis;
using Holdfast.Directory.Tests.Contract;
using Holdfast.Servers.Topologies;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Topologies;

/// <summary>A master behind Sentinels that dies, is replaced, or is cut off while it is called.</summary>
public sealed class SentinelFaultTests : TopologyTests
{
    private RedisSentinels? _sentinels;

    private RedisSentinels Sentinels => _sentinels!;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_sentinels is not null) await _sentinels.DisposeAsync();
    }

    [Fact]
    public async Task Calls_ride_out_the_death_of_the_master_and_its_successor_is_known_to_be_another_process()
    {
        var directory = await StartAsync();
        var before = await directory.ShardAsync(0, Cancel);
        var master = await Sentinels.MasterAsync();
        var (stop, begun) = (new TaskCompletionSource(), new TaskCompletionSource());
        var claiming = Task.WhenAll(Enumerable.Range(0, 8)
            .Select(one => ClaimUntilAsync(directory, $"{one}", stop.Task, begun)));
        await begun.Task.WaitAsync(Patient, Cancel);

        await master.KillAsync();
        await Sentinels.AnotherMasterAsync(master);
        var after = await directory.ShardAsync(0, Cancel);
        stop.SetResult();

        (await claiming).ShouldAllBe(acknowledged => acknowledged.Count >= 1);
        after.Version.Gen.ShouldBe(before.Version.Gen);
        after.Run.ShouldBe(before.Process);
        after.Process.ShouldNotBe(after.Run);
        await ConfirmAllAsync(directory);
        (await directory.ClaimAsync(G("after"), East, 11, 12)).Status.ShouldBe(DirectoryStatus.Ok);
    }

    [Fact]
    public async Task Each_call_ends_at_its_deadline_while_there_is_no_master_and_the_old_one_is_left_once_there_is()
    {
        await StartAsync();
        var directory = OpenHere(Short);
        await AnsweredAsync(directory, 0);
        var master = await Sentinels.MasterAsync();
        await master.PauseAsync();

        var started = Stopwatch.GetTimestamp();
        var failure = await Should.ThrowAsync<DirectoryUnavailableException>(() => directory.ShardAsync(0, Cancel));
        var took = Stopwatch.GetElapsedTime(started);
        await Sentinels.AnotherMasterAsync(master);
        var answer = await AnsweredAsync(directory, 0);
        await master.ResumeAsync();

        took.ShouldBeLessThan(Short + TimeSpan.FromSeconds(2));
        failure.Message.ShouldContain($"'{RedisSentinels.MasterName}' of the Sentinels {Sentinels.Addresses}");
        answer.Process.ShouldNotBe(answer.Run);
    }

    [Fact]
    public async Task A_planned_change_of_the_master_loses_no_call()
    {
        var directory = await StartAsync();
        var master = await Sentinels.MasterAsync();
        var process = (await directory.ShardAsync(0, Cancel)).Process;
        var (stop, begun) = (new TaskCompletionSource(), new TaskCompletionSource());
        var claiming = ClaimUntilAsync(directory, "planned", stop.Task, begun);
        await begun.Task.WaitAsync(Patient, Cancel);

        await Sentinels.FailoverAsync();
        await Sentinels.AnotherMasterAsync(master);
        await LeftAsync(directory, process);
        await ConfirmAllAsync(directory);
        var going = new TaskCompletionSource();
        var afterwards = ClaimUntilAsync(directory, "afterwards", stop.Task, going);
        await going.Task.WaitAsync(Patient, Cancel);
        stop.SetResult();

        // None of them threw, and what the new master acknowledged it has.
        var acknowledged = await claiming;
        await afterwards;
        (await directory.LookupAsync(acknowledged[^1])).Status.ShouldBe(DirectoryStatus.Ok);
    }

    [Fact]
    public async Task A_master_that_was_cut_off_from_its_Sentinels_is_left_though_it_still_answers()
    {
        var directory = await StartAsync();
        var master = await Sentinels.MasterAsync();
        var before = await directory.ShardAsync(0, Cancel);

        await RedisSentinels.IsolateAsync(master);
        await Sentinels.AnotherMasterAsync(master);

        (await LeftAsync(directory, before.Process)).Run.ShouldBe(before.Process);
    }

    [Fact]
    public async Task A_connection_goes_on_without_any_Sentinel_and_a_new_one_says_what_it_waits_for()
    {
        var directory = await StartAsync();
        foreach (var sentinel in Sentinels.Sentinels) await sentinel.KillAsync();

        (await directory.ClaimAsync(G("a"), East, 11, 11)).Status.ShouldBe(DirectoryStatus.Ok);
        var waitsFor = await WhyNotAsync(OpenHere(Short), "Connection refused");

        waitsFor.ShouldContain("Connection refused");
    }

    [Fact]
    public async Task What_Sentinels_cannot_say_is_said_with_its_reason()
    {
        var directory = await StartAsync();
        var one = Sentinels.Sentinels[0];
        await one.CliAsync("ACL", "SETUSER", "default", "resetpass", ">unknown");
        var options = new DirectoryOptions { Shards = 1, Deadline = Short, SentinelMaster = RedisSentinels.MasterName };

        var other = await WhyNotAsync(options with { Sentinels = Sentinels.Addresses, SentinelMaster = "another" });
        var locked = await WhyNotAsync(options with { Sentinels = one.Address });
        var none = await WhyNotAsync(options with { Sentinels = Sentinels.Servers[0].Address });

        other.ShouldContain($"Sentinel {Sentinels.Sentinels[1].Address} knows no master 'another'.");
        locked.ShouldContain($"Sentinel {one.Address} wants a password (Directory:SentinelPasswordFile).");
        none.ShouldContain($"Sentinel {Sentinels.Servers[0].Address} is no Sentinel.");
        (await directory.ShardAsync(0, Cancel)).Status.ShouldBe(DirectoryStatus.Ok);
    }

    private async Task<IGrainDirectory> StartAsync()
    {
        _sentinels = await RedisSentinels.StartAsync();
        var directory = OpenHere(Patient);
        await CreateAsync(directory);
        return directory;
    }

    private RedisGrainDirectory OpenHere(TimeSpan deadline) => Open(new DirectoryOptions
    {
        Sentinels = Sentinels.Addresses,
        SentinelMaster = RedisSentinels.MasterName,
        Shards = 1,
        Deadline = deadline,
    });

    private Task<string> WhyNotAsync(DirectoryOptions options) => WhyNotAsync(Open(options), "Sentinel ");

    private static async Task<string> WhyNotAsync(RedisGrainDirectory directory, string reason)
    {
        // The first call may end before the first answer came.
        using var giveUp = new CancellationTokenSource(Patient);
        while (true)
        {
            var said = (await Should.ThrowAsync<DirectoryUnavailableException>(() => directory.ShardAsync(0, Cancel)))
                .Message;
            if (said.Contains(reason, StringComparison.Ordinal) || giveUp.IsCancellationRequested) return said;
        }
    }
}
