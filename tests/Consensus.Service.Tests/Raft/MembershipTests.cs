using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Consensus.Storage;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Tests.Raft;

/// <summary>Members that come and go, over TCP and with files.</summary>
[Collection("voters on loopback")]
public sealed class MembershipTests
{
    private static readonly NodeId N4 = new("n4");

    // On a noisy machine, too, a change ends at the leader that it began at.
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task A_fourth_voter_joins_while_writes_go_on_the_leader_is_removed_and_all_restart()
    {
        await using var voters = new TestVoters(4)
        {
            Founders = 3,
            ElectionTimeoutMin = Calm,
            Raft = new RaftOptions { SnapshotEntries = 40, SnapshotTrailingEntries = 0, SnapshotChunkBytes = 1024 },
        };
        foreach (var founder in voters.Names.Take(3)) await voters.StartAsync(founder);
        for (var i = 0; i < 120; i++) await voters.ProposeAsync($"before {i}");
        await voters.StartAsync(N4);
        using var stop = new CancellationTokenSource();
        var writing = WriteAsync(voters, stop.Token);

        await voters.ChangeAsync(new MembershipChange { Put = [voters.MemberOf(N4)] });
        var leaves = (await voters.LeaderAsync()).Options.Node;
        var members = await voters.ChangeAsync(new MembershipChange { Promote = [N4], Remove = [leaves] });
        members.Voters.ShouldBe(voters.Names.Where(name => name != leaves), ignoreOrder: true);
        await voters.ProposeAsync("after");
        await stop.CancelAsync();
        var written = await writing;
        written.ShouldBeGreaterThan(0);
        await voters.MachineOf(N4).HasAsync("after");
        voters.MachineOf(N4).Restored.ShouldBeGreaterThan(0);

        await voters.StopAsync(leaves);
        var stayed = voters.Names.Where(name => name != leaves).ToList();
        foreach (var name in stayed) await voters.StopAsync(name);
        foreach (var name in stayed) await voters.StartAsync(name);
        await voters.ProposeAsync("restarted");
        foreach (var name in stayed)
        {
            await voters.MachineOf(name).HasAsync("restarted");
            voters[name].Status.Members.ShouldBe(members);
            var commands = voters.MachineOf(name).Commands;
            for (var i = 0; i < 120; i++) commands.ShouldContain($"before {i}");
            for (var i = 0; i < written; i++) commands.ShouldContain($"while {i}");
        }
    }

    [Fact]
    public async Task A_single_voter_becomes_three_and_a_newcomer_alone_is_nobody()
    {
        await using var voters = new TestVoters(3) { Founders = 1, ElectionTimeoutMin = Calm };
        await voters.StartAllAsync();
        voters[new NodeId("n2")].Status.Members.Voters.ShouldBeEmpty();
        await voters.ProposeAsync("alone");

        NodeId[] newcomers = [new("n2"), new("n3")];
        await voters.ChangeAsync(new MembershipChange { Put = [.. newcomers.Select(voters.MemberOf)] });
        var members = await voters.ChangeAsync(new MembershipChange { Promote = [.. newcomers] });

        members.Voters.Length.ShouldBe(3);
        await voters.StopAsync((await voters.LeaderAsync()).Options.Node);
        await voters.ProposeAsync("without the first");
        foreach (var host in voters.Running) await voters.MachineOf(host.Options.Node).HasAsync("without the first");
    }

    [Fact]
    public async Task What_was_recorded_at_the_first_start_counts_and_not_what_the_settings_say_later()
    {
        await using var voters = new TestVoters(3) { ElectionTimeoutMin = Calm };
        await voters.StartAllAsync();
        var before = (await voters.LeaderAsync()).Status.Members;
        await voters.StopAsync(new NodeId("n1"));

        await using var host = new RaftHost(
            voters.OptionsOf(new NodeId("n1")) with { Voters = [.. voters.OptionsOf(new NodeId("n1")).Voters.Take(1)] },
            new ListMachine(),
            BootClock.Instance,
            Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        await host.StartAsync(CancellationToken.None);
        host.Status.Members.ShouldBe(before);
    }

    [Fact]
    public async Task The_first_voter_of_a_group_that_grew_gets_back_the_entry_that_names_the_others()
    {
        await using var voters = new TestVoters(3) { Founders = 1, ElectionTimeoutMin = Calm };
        await voters.StartAllAsync();
        NodeId first = new("n1");
        NodeId[] newcomers = [new("n2"), new("n3")];
        await voters.ChangeAsync(new MembershipChange { Put = [.. newcomers.Select(voters.MemberOf)] });
        var members = await voters.ChangeAsync(new MembershipChange { Promote = [.. newcomers] });
        await voters.StopAsync(first);
        var log = System.IO.Directory.GetFiles(voters.OptionsOf(first).DataDirectory, "*.log").Order().First();
        var bytes = await File.ReadAllBytesAsync(log);
        bytes[60] ^= 1;
        await File.WriteAllBytesAsync(log, bytes);
        await voters.ProposeAsync("meanwhile");

        voters.Policy = CorruptionPolicy.Truncate;
        var host = await voters.StartAsync(first);

        host.Status.Damage.ShouldNotBeNull().KeptUpTo.ShouldBe(LogIndex.Zero);
        await voters.MachineOf(first).HasAsync("meanwhile");
        host.Status.Members.ShouldBe(members);
        await WholeAsync().OrFailAsync("it has everything again");

        async Task WholeAsync()
        {
            while (host.Status.IsRecovering) await voters.ProposeAsync("more");
        }
    }

    private static async Task<int> WriteAsync(TestVoters voters, CancellationToken stop)
    {
        var written = 0;
        while (!stop.IsCancellationRequested) await voters.ProposeAsync($"while {written++}");
        return written;
    }
}
