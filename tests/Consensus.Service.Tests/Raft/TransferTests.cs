using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Primitives;
using Microsoft.Extensions.Logging.Abstractions;

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

        outcome.ShouldBe(new TransferOutcome.Moved(target, term.Next()));
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
    public async Task Tasks_go_on_after_a_failure_and_where_too_much_waits_for_a_wish_to_be_taken()
    {
        await using var voters = new TestVoters(1);
        using var clock = new HeldClock();
        await using var host = new RaftHost(
            voters.OptionsOf(new NodeId("n1")) with { MailboxMax = 8 },
            new ListMachine(),
            clock,
            NullLoggerFactory.Instance);
        await host.StartAsync(None);
        await host.LeadsAsync(TestContext.Current.CancellationToken).OrFailAsync("the voter leads");
        List<Term?> told = [];
        Task Tell(Term? over)
        {
            told.Add(over);
            return Task.CompletedTask;
        }

        host.TieTasks(static () => Task.FromException(new InvalidOperationException("does not stop")), Tell);
        await Should.ThrowAsync<InvalidOperationException>(() => host.TransferLeadershipAsync(null, None));
        told.ShouldBe([null], "They go on, though their end failed.");

        // A turn that does not end: what comes meanwhile fills the mailbox.
        host.TieTasks(static () => Task.CompletedTask, Tell);
        clock.Hold();
        var turn = Task.Run(() => host.Hint(new NodeId("n9"), HintKind.Gone));
        await clock.Held.OrFailAsync("a turn is held up");
        for (var i = 0; i < 100; i++) host.Hint(new NodeId("n9"), HintKind.Gone);
        var moved = await host.TransferLeadershipAsync(null, None).OrFailAsync("the wish is answered");
        var changed = await host.ChangeMembersAsync(new MembershipChange(), None).OrFailAsync("the change is answered");
        clock.Release();

        moved.ShouldBe(new TransferOutcome.Overloaded());
        changed.ShouldBe(new MembershipOutcome.Overloaded());
        told.ShouldBe([null, null], "This voter leads on, and so do they.");
        await turn.OrFailAsync("the turn ends");
        host.Status.Role.ShouldBe(RaftRole.Leader);
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

    /// <summary>Time that is told late: whoever asks waits until it is released.</summary>
    private sealed class HeldClock : IMonotonicClock, IDisposable
    {
        private readonly ManualResetEventSlim _flows = new(initialState: true);
        private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Held => _held.Task;

        public Instant Now()
        {
            if (!_flows.IsSet) _held.TrySetResult();
            _flows.Wait();
            return BootClock.Instance.Now();
        }

        public void Hold() => _flows.Reset();

        public void Release() => _flows.Set();

        public void Dispose() => _flows.Dispose();
    }
}
