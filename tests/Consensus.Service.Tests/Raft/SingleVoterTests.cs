using System.Net;
using System.Text;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Consensus.Storage;
using Holdfast.Primitives;
using Holdfast.Servers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Consensus.Service.Tests.Raft;

public sealed class SingleVoterTests
{
    private static readonly NodeId N1 = new("n1");

    [Fact]
    public async Task A_single_voter_leads_applies_and_confirms_itself()
    {
        await using var voters = new TestVoters(1);
        var host = await voters.StartAsync(N1);
        var became = await host.LeadsAsync(TestContext.Current.CancellationToken).OrFailAsync("the voter leads");
        became.NoOp.ShouldBe(new LogIndex(1));

        var outcome = await host.ProposeAsync("a"u8.ToArray(), CancellationToken.None).OrFailAsync("a is answered");

        outcome.ShouldBe(new ProposeOutcome.Applied(2, 1, 1));
        (await host.ConfirmLeadershipAsync(CancellationToken.None).OrFailAsync("it is confirmed")).ShouldBeTrue();
        host.Status.Role.ShouldBe(RaftRole.Leader);
        host.Status.Leader.ShouldBe(N1);
        host.Status.Voters.Keys.ShouldBe([N1]);
    }

    [Fact]
    public async Task A_restart_applies_everything_again_from_the_first_entry()
    {
        await using var voters = new TestVoters(1);
        await voters.StartAsync(N1);
        for (var i = 0; i < 100; i++) await voters.ProposeAsync($"c{i}");
        await voters.StopAsync(N1);

        await voters.StartAsync(N1);
        await voters.MachineOf(N1).HasAsync("c99");

        voters.MachineOf(N1).Commands.ShouldBe(Enumerable.Range(0, 100).Select(i => $"c{i}"));
        // On a starved machine it may need a second election; what counts is that the first term is not used again.
        voters[N1].Status.Term.Value.ShouldBeGreaterThan(1UL);
    }

    [Fact]
    public async Task Proposals_in_parallel_are_all_applied_each_with_its_own_result()
    {
        await using var voters = new TestVoters(1);
        await voters.StartAsync(N1);
        var host = await voters.LeaderAsync();

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 500).Select(i =>
            host.ProposeAsync(Encoding.UTF8.GetBytes($"c{i}"), CancellationToken.None)))
            .OrFailAsync("all are answered");

        outcomes.Cast<ProposeOutcome.Applied>().Select(applied => applied.Index).ShouldBeUnique();
        outcomes.Cast<ProposeOutcome.Applied>().Select(applied => (int)applied.Result!)
            .Order().ShouldBe(Enumerable.Range(1, 500));
    }

    [Fact]
    public async Task A_command_beyond_the_limit_is_refused_by_name()
    {
        await using var voters = new TestVoters(1);
        var host = await voters.StartAsync(N1);
        var outcome = await host.ProposeAsync(new byte[host.Options.CommandBytesMax + 1], CancellationToken.None);
        outcome.ShouldBe(
            new ProposeOutcome.TooLarge(host.Options.CommandBytesMax + 1, host.Options.CommandBytesMax));
    }

    [Fact]
    public async Task A_data_directory_has_one_user_at_a_time()
    {
        await using var voters = new TestVoters(1);
        await voters.StartAsync(N1);
        await using var second = new RaftHost(
            voters.OptionsOf(N1), new ListMachine(), BootClock.Instance, NullLoggerFactory.Instance);
        await Should.ThrowAsync<DataDirectoryInUseException>(() => second.StartAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_state_machine_that_throws_stops_the_voter()
    {
        await using var voters = new TestVoters(1);
        var host = await voters.StartAsync(N1, new ListMachine { Poison = "poison" });
        await voters.LeaderAsync();

        var proposal = host.ProposeAsync("poison"u8.ToArray(), CancellationToken.None);

        var failure = await Should.ThrowAsync<InvalidOperationException>(
            () => host.Completion.OrFailAsync("the voter stops by itself"));
        failure.Message.ShouldBe("poison");
        (await proposal.OrFailAsync("the proposal is answered")).ShouldBe(new ProposeOutcome.Lost());
    }

    /// <summary>Who ends the process on completion ends its log too.</summary>
    [Fact]
    public async Task Why_a_voter_stops_is_logged_before_its_completion_says_so()
    {
        const int stoppedByItself = 2502;
        await using var voters = new TestVoters(1);
        RaftHost? host = null;
        var isTooLate = false;
        using var log = new RecordedLog
        {
            OnLine = line => isTooLate |= line.Id == stoppedByItself && host!.Completion.IsCompleted,
        };
        host = new RaftHost(voters.OptionsOf(N1), new ListMachine { Poison = "poison" }, BootClock.Instance, log);
        await using var stopping = host;
        await host.StartAsync(CancellationToken.None);
        await host.LeadsAsync(TestContext.Current.CancellationToken).OrFailAsync("the voter leads");

        _ = host.ProposeAsync("poison"u8.ToArray(), CancellationToken.None);

        await log.HearsAsync(stoppedByItself);
        await Should.ThrowAsync<InvalidOperationException>(
            () => host.Completion.OrFailAsync("the voter stops by itself"));
        isTooLate.ShouldBeFalse();
    }

    [Fact]
    public async Task A_stopped_voter_answers_that_it_does_not_lead()
    {
        await using var voters = new TestVoters(1);
        var host = await voters.StartAsync(N1);
        await voters.LeaderAsync();
        await host.StopAsync(CancellationToken.None);
        (await host.ProposeAsync("a"u8.ToArray(), CancellationToken.None))
            .ShouldBe(new ProposeOutcome.NotLeader(null));
        (await host.ConfirmLeadershipAsync(CancellationToken.None)).ShouldBeFalse();
        host.Status.Role.ShouldBe(RaftRole.Follower);
        await host.Completion.OrFailAsync("the voter has stopped");
    }

    [Fact]
    public async Task Without_a_secret_nobody_beyond_loopback_is_listened_to()
    {
        await using var voters = new TestVoters(3);
        var options = voters.OptionsOf(N1) with { Secret = default };
        options.Problems().ShouldBeEmpty();
        (options with { Listen = new IPEndPoint(IPAddress.Any, 7401) }).Problems()
            .ShouldBe(["SecretFile is not set, yet Listen (0.0.0.0:7401) is no loopback address."]);
    }

    [Fact]
    public async Task Illegal_figures_are_refused_each_with_what_is_legal()
    {
        await using var voters = new TestVoters(1);
        var options = voters.OptionsOf(N1) with
        {
            Secret = new byte[3],
            Voters = [new RaftVoter(N1, "10.0.0.1", 1), new RaftVoter(N1, "10.0.0.2", 1)],
            SegmentBytesMax = 1,
            Raft = new RaftOptions
            {
                Heartbeat = TimeSpan.FromMilliseconds(100),
                ElectionTimeoutMin = TimeSpan.FromMilliseconds(150),
            },
        };
        options.Problems().ShouldBe(
        [
            "Voters names a voter twice.",
            "SecretFile holds 3 bytes; at least 16 are wanted.",
            "ElectionTimeoutMin (00:00:00.1500000) must be at least twice Heartbeat (00:00:00.1000000).",
            "SegmentBytesMax (1) must be from 64 KiB to 1 GiB.",
        ]);
    }
}
