using System.Text;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Primitives;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Consensus.Service.Tests.Raft;

[Collection("voters on loopback")]
public sealed class ThreeVotersTests
{
    [Fact]
    public async Task They_elect_replicate_lose_a_leader_go_on_and_take_it_back()
    {
        await using var voters = new TestVoters(3);
        await voters.StartAllAsync();
        await voters.ProposeAsync("before");
        foreach (var node in voters.Names) await voters.MachineOf(node).HasAsync("before");

        var first = (await voters.LeaderAsync()).Options.Node;
        await voters.StopAsync(first);
        var second = await voters.LeaderAsync();
        second.Options.Node.ShouldNotBe(first);
        await voters.ProposeAsync("meanwhile");

        await voters.StartAsync(first);
        await voters.ProposeAsync("after");
        foreach (var node in voters.Names) await voters.MachineOf(node).HasAsync("after");

        // A repeated command may be in the log twice, and one of them applies the second later.
        var (firsts, seconds) = (voters.MachineOf(first), voters.MachineOf(second.Options.Node));
        await Waiting.HoldsAsync("both have applied the same", () => firsts.Commands.SequenceEqual(seconds.Commands));
        var expected = seconds.Commands;
        expected.Distinct().ShouldBe(["before", "meanwhile", "after"]);
    }

    [Fact]
    public async Task Threads_that_write_to_the_disk_what_they_bring_have_all_of_it_applied_once()
    {
        // Nobody else leads, however busy the machine is: all of it goes to one leader.
        await using var voters = new TestVoters(3) { ElectionTimeoutMin = TimeSpan.FromSeconds(5) };
        await voters.StartAllAsync();
        await voters.ProposeAsync("before");
        var leader = await voters.LeaderAsync();
        var outcomes = new System.Collections.Concurrent.ConcurrentBag<Task<ProposeOutcome>>();
        var threads = Enumerable.Range(0, 4).Select(thread => new Thread(() =>
        {
            for (var i = 0; i < 50; i++)
            {
                var proposer = new AwaitingProposer();
                leader.Propose([new Proposal(Encoding.UTF8.GetBytes($"{thread}.{i}"), proposer)], mayWrite: true);
                outcomes.Add(proposer.Outcome);
            }
        })).ToList();
        threads.ForEach(static thread => thread.Start());
        threads.ForEach(static thread => thread.Join());

        (await Task.WhenAll(outcomes).OrFailAsync("all are answered"))
            .ShouldAllBe(static outcome => outcome is ProposeOutcome.Applied);
        var applied = voters.MachineOf(leader.Options.Node).Commands.Where(static command => command != "before");
        applied.Order().ShouldBe(
            (from thread in Enumerable.Range(0, 4) from i in Enumerable.Range(0, 50) select $"{thread}.{i}").Order());
    }

    [Fact]
    public async Task All_stop_and_start_and_nothing_acknowledged_is_lost()
    {
        await using var voters = new TestVoters(3);
        await voters.StartAllAsync();
        for (var i = 0; i < 50; i++) await voters.ProposeAsync($"c{i}");
        foreach (var node in voters.Names) await voters.StopAsync(node);

        await voters.StartAllAsync();

        foreach (var node in voters.Names) await voters.MachineOf(node).HasAsync("c49");
        foreach (var node in voters.Names)
            voters.MachineOf(node).Commands.Distinct().ShouldBe(Enumerable.Range(0, 50).Select(i => $"c{i}"));
    }

    [Fact]
    public async Task A_leader_confirms_itself_by_a_majority_and_a_follower_names_the_leader()
    {
        await using var voters = new TestVoters(3);
        await voters.StartAllAsync();
        var leader = await voters.LeaderAsync();
        (await leader.ConfirmLeadershipAsync(CancellationToken.None).OrFailAsync("it is confirmed")).ShouldBeTrue();

        await voters.ProposeAsync("known");
        var follower = voters.Running.First(host => host != leader);
        await voters.MachineOf(follower.Options.Node).HasAsync("known");

        var outcome = await follower.ProposeAsync("x"u8.ToArray(), CancellationToken.None);
        outcome.ShouldBe(new ProposeOutcome.NotLeader(leader.Options.Node));
        (await follower.ConfirmLeadershipAsync(CancellationToken.None)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_leader_without_the_others_confirms_nothing_and_steps_down()
    {
        await using var voters = new TestVoters(3);
        await voters.StartAllAsync();
        var leader = await voters.LeaderAsync();
        var watch = leader.WatchLeadershipAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator();
        (await watch.MoveNextAsync().AsTask().OrFailAsync("leadership is told")).ShouldBeTrue();
        foreach (var other in voters.Names.Where(node => node != leader.Options.Node)) await voters.StopAsync(other);

        var confirmation = leader.ConfirmLeadershipAsync(CancellationToken.None);
        var proposal = leader.ProposeAsync("alone"u8.ToArray(), CancellationToken.None);

        (await confirmation.OrFailAsync("the question is answered")).ShouldBeFalse();
        var outcome = await proposal.OrFailAsync("the proposal is answered");
        outcome.ShouldBeOneOf(new ProposeOutcome.Lost(), new ProposeOutcome.NotLeader(null));
        (await watch.MoveNextAsync().AsTask().OrFailAsync("the loss is told")).ShouldBeTrue();
        watch.Current.ShouldBeOfType<LeadershipChange.LostLeadership>();
        await watch.DisposeAsync();
    }

    [Fact]
    public async Task A_voter_that_does_not_know_the_secret_is_kept_out()
    {
        await using var voters = new TestVoters(3);
        var names = voters.Names.ToList();
        await voters.StartAsync(names[0]);
        await voters.StartAsync(names[1]);
        await voters.ProposeAsync("secret");
        var options = voters.OptionsOf(names[2]) with { Secret = "another secret of sixteen bytes"u8.ToArray() };
        var machine = new ListMachine();
        await using var stranger = new RaftHost(options, machine, BootClock.Instance, NullLoggerFactory.Instance);
        await stranger.StartAsync(CancellationToken.None);

        for (var i = 0; i < 20; i++) await voters.ProposeAsync($"c{i}");

        machine.Commands.ShouldBeEmpty();
        stranger.Status.Leader.ShouldBeNull();
        stranger.Status.Term.ShouldBe(Term.Zero);
    }

    [Fact]
    public async Task An_address_that_is_taken_is_a_clear_error()
    {
        await using var voters = new TestVoters(3);
        var names = voters.Names.ToList();
        await voters.StartAsync(names[0]);
        var options = voters.OptionsOf(names[1]) with { Listen = voters.OptionsOf(names[0]).Listen };
        await using var second = new RaftHost(
            options, new ListMachine(), BootClock.Instance, NullLoggerFactory.Instance);
        var error = await Should.ThrowAsync<RaftListenException>(() => second.StartAsync(CancellationToken.None));
        error.Address.ShouldBe(options.Listen);
    }
}
