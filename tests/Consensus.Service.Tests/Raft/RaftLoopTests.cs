using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Service.Raft;

namespace Holdfast.Consensus.Service.Tests.Raft;

public sealed class RaftLoopTests
{
    private static readonly Term T5 = new(5);
    private static readonly LogIndex I100 = new(100);

    [Fact]
    public async Task A_read_waits_for_what_the_state_machine_holds_when_its_snapshot_was_gone()
    {
        await using var voters = new TestVoters(3);
        await using var n1 = new LoneLoop(voters, new SnapshotInfo(I100, T5, 1, 0));
        n1.Hear(new Heartbeat(T5, I100, new Round(1)));
        var read = n1.Read();
        var asked = n1.Sent.OfType<ReadRequest>().Single();
        n1.Hear(new ReadReply(T5, asked.Number, Confirmed: true, I100));
        var newer = new SnapshotInfo(new LogIndex(200), T5, 1, Crc32C.Of(new byte[1]));
        n1.Hear(new InstallSnapshot(T5, new SnapshotChunk(newer, 0, new byte[1])));

        n1.Loop.OnSkipped(I100);
        read.IsCompleted.ShouldBeFalse();
        n1.Loop.Status.AppliedIndex.ShouldBe(LogIndex.Zero);
        var late = n1.Read();
        n1.Hear(new ReadReply(T5, n1.Sent.OfType<ReadRequest>().Last().Number, Confirmed: true, I100));
        late.IsCompleted.ShouldBeFalse("the core counts it as applied, the state machine does not hold it");

        n1.Loop.OnApplied(newer.Index);
        (await read.OrFailAsync("the read is answered")).ShouldBeTrue();
        (await late.OrFailAsync("the later read is answered")).ShouldBeTrue();
    }

    [Fact]
    public async Task A_turn_that_throws_leaves_nobody_without_an_answer()
    {
        await using var voters = new TestVoters(3);
        var n1 = new LoneLoop(voters);
        var proposer = new AwaitingProposer();
        var leads = new TaskCompletionSource<bool>();
        var read = n1.Read(isTurn: false);
        n1.Loop.TryQueue(new HostInput.Confirmation(leads)).ShouldBeTrue();
        n1.Loop.TryQueue(new HostInput.Propose(new Proposal("a"u8.ToArray(), proposer))).ShouldBeTrue();
        n1.Hear(null!);
        n1.Failure.ShouldNotBeNull();

        await n1.DisposeAsync();

        (await read.OrFailAsync("the read is answered")).ShouldBeFalse();
        (await leads.Task.OrFailAsync("the question is answered")).ShouldBeFalse();
        (await proposer.Outcome.OrFailAsync("the proposal is answered")).ShouldBe(new ProposeOutcome.Lost());
    }

    [Fact]
    public async Task Who_wanted_another_leader_is_answered_when_the_same_voter_is_elected_again()
    {
        await using var voters = new TestVoters(3);
        await using var n1 = new LoneLoop(voters);
        n1.Elect();
        var term = n1.Loop.Status.Term;
        n1.Hear(new AppendAccepted(term, new LogIndex(1)));
        var caller = new TaskCompletionSource<TransferOutcome>();
        n1.Loop.TryPost(new HostInput.Transfer(LoneLoop.N2, caller)).ShouldBeTrue();
        n1.Hear(new VoteRequest(term.Next(), new LogIndex(1), term, ByLeader: true));
        n1.Loop.Status.Role.ShouldBe(RaftRole.Follower);
        caller.Task.IsCompleted.ShouldBeFalse();

        n1.Elect();

        (await caller.Task.OrFailAsync("the transfer is answered"))
            .ShouldBe(new TransferOutcome.Refused(TransferStage.Aborted, null));
    }

    [Fact]
    public async Task So_many_callers_wait_at_most_and_who_gave_up_leaves_its_place()
    {
        await using var voters = new TestVoters(3);
        await using var n1 = new LoneLoop(voters);
        n1.Hear(new Heartbeat(T5, LogIndex.Zero, new Round(1)));
        var waiting = Enumerable.Range(0, 4).Select(_ => n1.Read()).ToList();
        waiting.ShouldAllBe(read => !read.IsCompleted);

        (await n1.Read().OrFailAsync("one too many is refused")).ShouldBeFalse();

        var pending = new PendingConfirmations(max: 2);
        TaskCompletionSource<bool>[] callers = [new(), new(), new()];
        pending.Ask([.. callers.Where(pending.Admits)]);
        (await callers[2].Task.OrFailAsync("the third is refused")).ShouldBeFalse();
        callers[0].SetCanceled(TestContext.Current.CancellationToken);
        var admitted = Enumerable.Range(0, 2000).Count(_ => pending.Admits(new TaskCompletionSource<bool>()));
        admitted.ShouldBe(1);
    }
}
