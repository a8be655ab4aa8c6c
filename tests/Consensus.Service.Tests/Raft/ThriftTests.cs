using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Service.Tests.Raft;

[Collection("voters on loopback")]
public sealed class ThriftTests
{
    private static readonly RaftOptions Thrifty = new() { ReserveWait = TimeSpan.FromMilliseconds(2) };

    [Fact]
    public async Task What_is_kept_back_comes_to_every_voter_and_writes_go_on_when_one_that_was_asked_first_stops()
    {
        await using var voters = new TestVoters(3) { Raft = Thrifty };
        await voters.StartAllAsync();
        for (var i = 0; i < 20; i++) await voters.ProposeAsync($"before {i}");
        foreach (var node in voters.Names) await voters.MachineOf(node).HasAsync("before 19");

        // One of the two was asked first.
        var leader = (await voters.LeaderAsync()).Options.Node;
        foreach (var follower in voters.Names.Where(node => node != leader).ToList())
        {
            await voters.StopAsync(follower);
            await voters.ProposeAsync($"without {follower}");
            await voters.StartAsync(follower);
            await voters.MachineOf(follower).HasAsync($"without {follower}");
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(26)]
    public async Task A_wait_that_would_be_too_long_is_refused_by_name(int milliseconds)
    {
        await using var voters = new TestVoters(1)
        {
            Raft = new RaftOptions { ReserveWait = TimeSpan.FromMilliseconds(milliseconds) },
        };

        voters.OptionsOf(voters.Names.Single()).Problems().ShouldHaveSingleItem()
            .ShouldContain("ReserveWait");
    }
}
