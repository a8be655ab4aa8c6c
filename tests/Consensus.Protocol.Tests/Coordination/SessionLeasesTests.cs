using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Tests.Coordination;

public sealed class SessionLeasesTests
{
    private readonly SessionLeases _leases = new();
    private CoordinationState _state = CoordinationState.Empty;
    private ulong _index;

    [Fact]
    public void A_session_is_due_when_its_time_to_live_has_run_out_since_the_last_acknowledged_keep_alive()
    {
        var session = Open();
        _leases.BeginLeading(_state, At(0));
        _leases.TryAcknowledge(session, At(1_000)).ShouldBeTrue();

        _leases.Due(_state, At(6_000)).ShouldBeEmpty();
        _leases.Due(_state, At(6_001)).ShouldBe([session]);
    }

    [Fact]
    public void A_keep_alive_that_was_heard_but_not_acknowledged_promises_nothing()
    {
        var session = Open();
        _leases.BeginLeading(_state, At(0));
        _leases.Heard(session, At(4_000));

        _leases.Due(_state, At(5_001)).ShouldBe([session]);
    }

    [Fact]
    public void The_leader_counts_from_receipt_however_long_the_majority_took()
    {
        var session = Open();
        _leases.BeginLeading(_state, At(0));
        _leases.Heard(session, At(1_000));
        _leases.TryAcknowledge(session, At(1_000)).ShouldBeTrue(); // Confirmed at 3,000, say.

        _leases.Due(_state, At(6_001)).ShouldBe([session]);
    }

    [Fact]
    public void Once_the_end_is_decided_no_keep_alive_is_acknowledged()
    {
        var session = Open();
        _leases.BeginLeading(_state, At(0));
        _leases.Heard(session, At(5_000));
        _leases.Due(_state, At(5_001)).ShouldBe([session]);

        _leases.TryAcknowledge(session, At(5_000)).ShouldBeFalse();
        _leases.Forgive(TimeSpan.FromSeconds(1), At(5_050));
        _leases.TryAcknowledge(session, At(5_060)).ShouldBeFalse();
        _leases.Due(_state, At(5_100)).ShouldBe([session]); // Its entry may have been lost: it is proposed again.
    }

    [Fact]
    public void A_session_whose_end_was_not_appended_may_live_on()
    {
        var session = Open();
        _leases.BeginLeading(_state, At(0));
        _leases.Due(_state, At(5_001)).ShouldBe([session]);
        _leases.KeepOpen(session);

        _leases.TryAcknowledge(session, At(5_002)).ShouldBeTrue();
        _leases.Due(_state, At(10_002)).ShouldBeEmpty();
    }

    [Fact]
    public void A_new_leader_gives_every_session_its_full_time()
    {
        var session = Open();
        _leases.BeginLeading(_state, At(0));
        _leases.StopLeading();
        _leases.BeginLeading(_state, At(4_900));

        _leases.Due(_state, At(9_900)).ShouldBeEmpty();
        _leases.Due(_state, At(9_901)).ShouldBe([session]);
    }

    [Fact]
    public void A_keep_alive_from_before_the_leadership_is_not_acknowledged()
    {
        var session = Open();
        _leases.BeginLeading(_state, At(2_000));

        _leases.TryAcknowledge(session, At(1_999)).ShouldBeFalse();
    }

    [Fact]
    public void Who_does_not_lead_acknowledges_nothing_and_ends_nobody()
    {
        var session = Open();

        _leases.TryAcknowledge(session, At(0)).ShouldBeFalse();
        _leases.Due(_state, At(60_000)).ShouldBeEmpty();
    }

    [Fact]
    public void A_revoked_session_runs_out_too()
    {
        var session = Open("n1", 7, agent: true);
        _leases.BeginLeading(_state, At(0));
        _leases.TryAcknowledge(session, At(1_000)).ShouldBeTrue();
        Apply(Fence("n1", 7, FenceCause.Silence));

        _leases.Due(_state, At(6_000)).ShouldBeEmpty();
        _leases.Due(_state, At(6_001)).ShouldBe([session]);
    }

    [Fact]
    public void A_session_opened_meanwhile_begins_when_it_is_first_seen()
    {
        _leases.BeginLeading(_state, At(0));
        var session = Open();

        _leases.Due(_state, At(7_000)).ShouldBeEmpty();
        _leases.Due(_state, At(12_000)).ShouldBeEmpty();
        _leases.Due(_state, At(12_001)).ShouldBe([session]);
    }

    [Fact]
    public void Time_in_which_the_leader_was_held_up_counts_against_nobody()
    {
        var session = Open("n1", 7, agent: true);
        _leases.BeginLeading(_state, At(0));
        _leases.TryAcknowledge(session, At(1_000)).ShouldBeTrue();
        _leases.Forgive(TimeSpan.FromSeconds(3), At(5_000));

        Judged(Fence("n1", 7, FenceCause.Silence), 5_749).ShouldBe("retry 1");
        _leases.Due(_state, At(9_000)).ShouldBeEmpty();
        _leases.Due(_state, At(9_001)).ShouldBe([session]);
    }

    [Fact]
    public void Forgiveness_never_reaches_beyond_now()
    {
        var session = Open();
        _leases.BeginLeading(_state, At(0));
        _leases.TryAcknowledge(session, At(4_000)).ShouldBeTrue();
        _leases.Forgive(TimeSpan.FromSeconds(3), At(5_000));

        _leases.Due(_state, At(10_001)).ShouldBe([session]);
    }

    // A conviction for silence beside the agent's own keep-alives, 750 ms being three of them.
    [Theory]
    [InlineData(1_000, 1_000, "refused 0 750")]
    [InlineData(1_000, 1_400, "refused 400 350")]
    [InlineData(1_000, 1_750, "refused 750 0")]
    [InlineData(1_000, 1_751, "propose")]
    [InlineData(100, 749, "retry 1")]
    [InlineData(100, 750, "refused 650 100")]
    [InlineData(100, 851, "propose")]
    public void Silence_is_believed_unless_the_session_of_the_agent_contradicts_it(
        int heardAt, int askedAt, string verdict)
    {
        var session = Open("n1", 7, agent: true);
        _leases.BeginLeading(_state, At(0));
        _leases.Heard(session, At(heardAt));

        Judged(Fence("n1", 7, FenceCause.Silence), askedAt).ShouldBe(verdict);
    }

    [Fact]
    public void A_leader_too_young_to_know_says_so()
    {
        Open("n1", 7, agent: true);
        _leases.BeginLeading(_state, At(0));

        Judged(Fence("n1", 7, FenceCause.Silence), 749).ShouldBe("retry 1");
        Judged(Fence("n1", 7, FenceCause.Silence), 750).ShouldBe("propose");
    }

    [Fact]
    public void A_node_that_never_had_a_session_is_fenced_on_the_evidence_alone()
    {
        _leases.BeginLeading(_state, At(0));

        Judged(Fence("n1", 7, FenceCause.Silence), 750).ShouldBe("propose");
    }

    [Fact]
    public void A_users_session_on_the_node_says_nothing_of_the_node()
    {
        var session = Open("n1", 7);
        _leases.BeginLeading(_state, At(0));
        _leases.Heard(session, At(1_000));

        Judged(Fence("n1", 7, FenceCause.Silence), 1_001).ShouldBe("propose");
    }

    [Theory]
    [InlineData(FenceCause.Left)]
    [InlineData(FenceCause.Operator)]
    [InlineData(FenceCause.ProcessDeath)]
    public void Only_silence_can_be_contradicted(FenceCause cause)
    {
        var session = Open("n1", 7, agent: true);
        _leases.BeginLeading(_state, At(0));
        _leases.Heard(session, At(100));

        Judged(Fence("n1", 7, cause), 100).ShouldBe("propose");
    }

    [Fact]
    public void A_newer_boot_does_not_speak_for_an_older_one_but_an_older_one_for_a_newer()
    {
        var older = Open("n1", 7, agent: true);
        var newer = Open("n1", 8, agent: true);
        _leases.BeginLeading(_state, At(0));
        _leases.Heard(newer, At(2_000));
        Judged(Fence("n1", 7, FenceCause.Silence), 2_000).ShouldBe("propose");

        // The fence of 9 would revoke the session of 8 too, whose agent plainly lives.
        Judged(Fence("n1", 9, FenceCause.Silence), 2_000).ShouldBe("refused 0 750");
        _leases.Heard(older, At(2_000));
        Judged(Fence("n1", 7, FenceCause.Silence), 2_000).ShouldBe("refused 0 750");
    }

    [Fact]
    public void A_fence_that_holds_already_is_answered_by_the_log_at_any_age_of_the_leader()
    {
        Apply(Fence("n1", 7, FenceCause.Silence));
        _leases.BeginLeading(_state, At(0));

        Judged(Fence("n1", 7, FenceCause.Silence), 1).ShouldBe("propose");
    }

    [Fact]
    public void An_agent_that_has_just_opened_its_session_lives()
    {
        _leases.BeginLeading(_state, At(0));
        Open("n1", 7, agent: true);

        Judged(Fence("n1", 7, FenceCause.Silence), 5_000).ShouldBe("refused 0 750");
    }

    private string Judged(CoordinationCommand.FenceNode fence, int at) => _leases.Judge(_state, fence, At(at)) switch
    {
        FenceJudgement.Refuse(var ago, var after) => $"refused {ago.TotalMilliseconds} {after.TotalMilliseconds}",
        FenceJudgement.Retry(var after) => $"retry {after?.TotalMilliseconds}",
        _ => "propose",
    };

    private SessionId Open(string? node = null, ulong generation = 0, bool agent = false) =>
        ((CoordinationAnswer.SessionState)Apply(new CoordinationCommand.OpenSession(
            new ClusterId("east"),
            node is null ? null : new Residence(new NodeId(node), new Generation(generation)),
            TimeSpan.FromSeconds(5),
            null,
            agent))).Session.Id;

    private CoordinationAnswer Apply(CoordinationCommand command)
    {
        var applied = _state.Apply(
            new LogIndex(++_index), new Term(1), new StampedCommand(new CommandStamp(1, 0, null), command));
        _state = applied.State;
        return applied.Answer;
    }

    private static CoordinationCommand.FenceNode Fence(string node, ulong generation, FenceCause cause) => new(
        new NodeId(node),
        new ClusterId("east"),
        new Generation(generation),
        cause,
        new NodeId("w1"),
        TimeSpan.FromSeconds(1),
        []);

    private static Instant At(int ms) => Instant.Zero + TimeSpan.FromMilliseconds(ms);
}
