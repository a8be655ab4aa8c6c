using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Service.Tests.Raft;

[Collection("voters on loopback")]
public sealed class ReadTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_voter_reads_what_was_acknowledged_before(bool leases)
    {
        await using var voters = new TestVoters(3) { Raft = new RaftOptions { LeaseReads = leases } };
        await voters.StartAllAsync();
        for (var i = 0; i < 30; i++)
        {
            await voters.ProposeAsync($"c{i}");
            foreach (var node in voters.Names)
            {
                var read = voters[node].ConfirmReadAsync(None).OrFailAsync($"{node} is far enough");
                if (await read) voters.MachineOf(node).Commands.ShouldContain($"c{i}");
            }
        }

        // One may not have heard the leader yet, for which the others were enough.
        foreach (var node in voters.Names) await voters.MachineOf(node).HasAsync("c29");
        foreach (var node in voters.Names)
            (await voters[node].ConfirmReadAsync(None).OrFailAsync($"{node} is far enough")).ShouldBeTrue();
    }

    [Fact]
    public async Task Reads_at_a_follower_share_questions_and_those_without_a_leader_are_told_so()
    {
        await using var voters = new TestVoters(3);
        await voters.StartAllAsync();
        await voters.ProposeAsync("a");
        var leader = await voters.LeaderAsync();
        var follower = voters.Running.First(host => host != leader);

        // It may not have heard the leader yet, for which the other follower was enough.
        await voters.MachineOf(follower.Options.Node).HasAsync("a");

        var reads = Enumerable.Range(0, 500).Select(_ => follower.ConfirmReadAsync(None)).ToList();
        (await Task.WhenAll(reads).OrFailAsync("all reads are answered")).ShouldAllBe(confirmed => confirmed);

        foreach (var node in voters.Names.Where(node => node != follower.Options.Node).ToList())
            await voters.StopAsync(node);
        (await follower.ConfirmReadAsync(None).OrFailAsync("the read is answered without a leader")).ShouldBeFalse();
    }
}
