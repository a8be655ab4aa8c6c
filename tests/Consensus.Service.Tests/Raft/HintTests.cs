using System.Diagnostics;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Tests.Raft;

[Collection("voters on loopback")]
public sealed class HintTests
{
    // So long that an election within it was started by no silence.
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(6);

    [Fact]
    public async Task The_end_of_the_leaders_connections_starts_an_election_long_before_its_silence_would()
    {
        await using var voters = new TestVoters(3) { ElectionTimeoutMin = Long };
        await voters.StartAllAsync();
        await voters.ProposeAsync("before");
        var leader = await voters.LeaderAsync();
        var (first, term) = (leader.Options.Node, leader.Status.Term);
        foreach (var node in voters.Names) await voters.MachineOf(node).HasAsync("before");

        // It ends like a process that is killed: without handing over.
        voters.MachineOf(first).Poison = "poison";
        var died = Stopwatch.GetTimestamp();
        await leader.ProposeAsync("poison"u8.ToArray(), CancellationToken.None).OrFailAsync("it is answered");
        var next = await Task.WhenAny(voters.Running.Where(host => host != leader)
            .Select(host => host.LeadsAsync(TestContext.Current.CancellationToken)))
            .OrFailAsync("another voter leads");

        Stopwatch.GetElapsedTime(died).ShouldBeLessThan(Long);
        (await next).Term.ShouldBe(term.Next());
    }

    [Fact]
    public async Task A_hint_at_a_leader_that_lives_deposes_nobody()
    {
        await using var voters = new TestVoters(3) { ElectionTimeoutMin = TimeSpan.FromSeconds(1) };
        await voters.StartAllAsync();
        await voters.ProposeAsync("before");
        var leader = await voters.LeaderAsync();
        var term = leader.Status.Term;
        var follower = voters.Running.First(host => host != leader);

        follower.Hint(leader.Options.Node, HintKind.Gone);
        follower.Hint(leader.Options.Node, HintKind.Suspected);
        follower.Hint(new NodeId("n9"), HintKind.Gone);
        for (var i = 0; i < 20; i++) await voters.ProposeAsync($"c{i}");

        leader.Status.Term.ShouldBe(term);
        leader.Status.Role.ShouldBe(RaftRole.Leader);
    }
}
