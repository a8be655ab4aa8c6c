using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Tests.Raft;

[Collection("voters on loopback")]
public sealed class TransferTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Leadership_goes_where_it_is_wanted_and_writes_go_on_there()
    {
        await using var voters = new TestVoters(3) { ElectionTimeoutMin = TimeSpan.FromSeconds(1) };
        await voters.StartAllAsync();
        await voters.ProposeAsync("before");
        foreach (var node in voters.Names) await voters.MachineOf(node).HasAsync("before");
        var leader = await voters.LeaderAsync();
        var term = leader.Status.Term;
        var target = voters.Names.First(node => node != leader.Options.Node);

        var outcome = await leader.TransferLeadershipAsync(target, None).OrFailAsync("the transfer is answered");

        outcome.ShouldBe(new TransferOutcome.Moved(target));
        leader.Status.Term.ShouldBe(term.Next());
        await voters.ProposeAsync("after");
        await voters.MachineOf(leader.Options.Node).HasAsync("after");
        (await leader.TransferLeadershipAsync(target, None).OrFailAsync("a second transfer is answered"))
            .ShouldBe(new TransferOutcome.NotLeader(target));
    }

    [Fact]
    public async Task A_leader_that_steps_aside_follows_another_while_it_still_takes_part()
    {
        await using var voters = new TestVoters(3) { ElectionTimeoutMin = TimeSpan.FromSeconds(1) };
        await voters.StartAllAsync();
        await voters.ProposeAsync("before");
        var leader = await voters.LeaderAsync();

        await leader.StepAsideAsync().OrFailAsync("it steps aside");

        leader.Status.Leader.ShouldNotBeNull().ShouldNotBe(leader.Options.Node);
        await voters.ProposeAsync("after");
        await voters.MachineOf(leader.Options.Node).HasAsync("after");
    }

    [Fact]
    public async Task A_target_that_is_down_is_refused_and_the_leader_leads_on()
    {
        await using var voters = new TestVoters(3) { ElectionTimeoutMin = TimeSpan.FromSeconds(1) };
        await voters.StartAllAsync();
        await voters.ProposeAsync("before");
        var leader = await voters.LeaderAsync();
        var target = voters.Names.First(node => node != leader.Options.Node);
        await voters.StopAsync(target);

        var outcome = await leader.TransferLeadershipAsync(target, None).OrFailAsync("the transfer is answered");

        outcome.ShouldBeOfType<TransferOutcome.Refused>().Stage
            .ShouldBeOneOf(TransferStage.Unreachable, TransferStage.Aborted);
        (await leader.TransferLeadershipAsync(new NodeId("n9"), None).OrFailAsync("a stranger is refused"))
            .ShouldBe(new TransferOutcome.Refused(TransferStage.NoSuchVoter, new NodeId("n9")));
        await voters.ProposeAsync("after");
    }
}
