using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Service.Tests.Raft;

/// <summary>Snapshots with real files and TCP.</summary>
[Collection("voters on loopback")]
public sealed class SnapshotTests
{
    private static readonly RaftOptions Often = new()
    {
        SnapshotEntries = 50,
        SnapshotTrailingEntries = 5,
        SnapshotChunkBytes = 1024,
        LogEntriesMax = 500,
    };

    [Fact]
    public async Task A_follower_that_lags_behind_the_compaction_catches_up_while_writes_go_on()
    {
        await using var voters = new TestVoters(3) { Raft = Often };
        await voters.StartAllAsync();
        await voters.ProposeAsync("first");
        var follower = voters.Running.First(host => host.Status.Role != RaftRole.Leader).Options.Node;
        await voters.StopAsync(follower);
        await WriteAsync(voters, "while it is away", 600);
        (await voters.LeaderAsync()).Status.SnapshotIndex.Value.ShouldBeGreaterThan(100UL);

        using var enough = new CancellationTokenSource();
        var writing = WriteUntilAsync(voters, enough.Token);
        var machine = new ListMachine();
        await voters.StartAsync(follower, machine);
        await machine.HasAsync("while it is away 599");
        await enough.CancelAsync();
        var last = await writing.OrFailAsync("the last write is answered");
        await machine.HasAsync(last);

        machine.Restored.ShouldBeGreaterThan(0);
        var leader = await voters.LeaderAsync();
        var expected = voters.MachineOf(leader.Options.Node).Commands;
        machine.Commands.Distinct().ShouldBe(expected.Distinct());
    }

    [Fact]
    public async Task A_restart_goes_on_from_the_snapshot_and_what_follows_it()
    {
        await using var voters = new TestVoters(1) { Raft = Often };
        var only = voters.Names.Single();
        await voters.StartAsync(only);
        await WriteAsync(voters, "c", 333);
        await WriteAgainAsync(
            voters, "c 332", () => voters[only].Status is { SnapshotIndex.Value: > 100, EntriesInMemory: < 150 })
            .OrFailAsync("snapshots keep up with the log");
        await voters.StopAsync(only);
        var directory = voters.OptionsOf(only).DataDirectory;
        System.IO.Directory.GetFiles(directory, "*.snapshot").Length.ShouldBe(1);
        System.IO.Directory.GetFiles(directory, "*.new").ShouldBeEmpty();

        var machine = new ListMachine();
        await voters.StartAsync(only, machine);
        await voters.ProposeAsync("after");

        machine.Restored.ShouldBe(1);
        machine.Commands.Distinct().ShouldBe([.. Enumerable.Range(0, 333).Select(static i => $"c {i}"), "after"]);
    }

    [Fact]
    public async Task Segments_below_the_snapshot_go_and_the_memory_stays_bounded()
    {
        await using var voters = new TestVoters(1) { Raft = Often };
        var only = voters.Names.Single();
        await voters.StartAsync(only);
        var large = new string('x', 2000);
        for (var i = 0; i < 300; i++) await voters.ProposeAsync($"{i} {large}");

        // 600 KB went through segments of 64 KiB.
        var directory = voters.OptionsOf(only).DataDirectory;
        await WriteAgainAsync(
            voters,
            $"299 {large}",
            () => System.IO.Directory.GetFiles(directory, "*.log").Length <= 4 &&
                voters[only].Status.EntriesInMemory < 150)
            .OrFailAsync("segments below the snapshot go and the memory is bounded");
    }

    [Fact]
    public async Task A_damaged_snapshot_stops_the_start_and_names_the_file()
    {
        await using var voters = new TestVoters(1) { Raft = Often };
        var only = voters.Names.Single();
        await voters.StartAsync(only);
        await WriteAsync(voters, "c", 200);
        await voters.StopAsync(only);
        var path = System.IO.Directory.GetFiles(voters.OptionsOf(only).DataDirectory, "*.snapshot").Single();
        var bytes = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(path, bytes, TestContext.Current.CancellationToken);

        var error = await Should.ThrowAsync<Storage.LogCorruptException>(() => voters.StartAsync(only));
        error.File.ShouldBe(path);
    }

    private static async Task WriteAsync(TestVoters voters, string name, int count)
    {
        for (var i = 0; i < count; i++) await voters.ProposeAsync($"{name} {i}");
    }

    /// <summary>A voter takes a snapshot when it applies something, not when the one before is on the disk.</summary>
    private static async Task WriteAgainAsync(TestVoters voters, string command, Func<bool> holds)
    {
        const int writesMax = 100;
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        for (var writes = 0; writes < writesMax && !holds(); writes++)
        {
            await voters.ProposeAsync(command);
            await pace.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }

        holds().ShouldBeTrue();
    }

    private static async Task<string> WriteUntilAsync(TestVoters voters, CancellationToken enough)
    {
        var last = "";
        for (var i = 0; i == 0 || !enough.IsCancellationRequested; i++)
        {
            last = $"meanwhile {i}";
            await voters.ProposeAsync(last);
        }

        return last;
    }
}
