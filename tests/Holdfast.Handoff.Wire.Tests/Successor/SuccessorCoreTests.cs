using Holdfast.Primitives;
using static Holdfast.Handoff.Wire.HandoffMessage;

namespace Holdfast.Handoff.Wire.Successor;

public sealed class SuccessorCoreTests
{
    private static readonly HandoffId Handoff = new(Guid.Parse("00000000-0000-0000-0000-000000000001"));
    private static readonly HandoffId Other = new(Guid.Parse("00000000-0000-0000-0000-000000000002"));

    private readonly SuccessorCore _core = new(new ProcessIdentity(200, BuildId.FromText("v2")), new HandoffTimings());
    private Instant _now = Instant.Zero;

    [Fact]
    public void It_takes_over_step_by_step()
    {
        Step(new SuccessorInput.Started()).ShouldBe(["send Hello"]);
        Hear(new HelloAck(1, Handoff)).ShouldBeEmpty();
        Hear(new Begin(Handoff)).ShouldBe(["TakeLock"]);
        Step(new SuccessorInput.LockRefused()).ShouldBeEmpty();
        Pass(0.025).ShouldBe(["TakeLock"]);
        Step(new SuccessorInput.LockTaken()).ShouldBe(["Open"]);
        Step(Opened(healthy: true)).ShouldBe(["send Ready"]);
        Hear(new Commit(Handoff)).ShouldBe(["Serve"]);
    }

    [Fact]
    public void After_Ready_the_end_of_the_stream_is_as_good_as_Commit()
    {
        BecomeReady();

        Step(new SuccessorInput.Disconnected()).ShouldBe(["Serve"]);
    }

    [Fact]
    public void After_Ready_silence_is_as_good_as_Commit()
    {
        BecomeReady();

        Pass(9.9).ShouldBeEmpty();
        Pass(0.1).ShouldBe(["Serve"]);
    }

    [Fact]
    public void After_Ready_an_abort_still_ends_it()
    {
        BecomeReady();

        Hear(new Abort(Handoff, "revisions")).ShouldBe(["GiveUp"]);
    }

    [Fact]
    public void One_that_is_not_well_serves_on_Commit_only()
    {
        BecomeReady(healthy: false);
        Hear(new Commit(Handoff)).ShouldBe(["Serve"]);
    }

    [Fact]
    public void One_that_is_not_well_takes_no_silence_for_Commit()
    {
        BecomeReady(healthy: false);
        Pass(10).ShouldBe(["GiveUp"]);
    }

    [Fact]
    public void Before_Ready_the_end_of_the_stream_ends_it()
    {
        Wait();
        Step(new SuccessorInput.Disconnected()).ShouldBe(["GiveUp"]);
    }

    [Fact]
    public void A_supervisor_that_beats_and_falls_silent_before_Begin_is_left()
    {
        Wait();
        Hear(new Heartbeat(1));
        Pass(9.9).ShouldBeEmpty();
        Pass(0.1).ShouldBe(["GiveUp"]);
    }

    [Fact]
    public void A_supervisor_that_never_beats_has_time_for_all_the_draining_and_sealing()
    {
        Wait();
        Pass(599).ShouldBeEmpty();
        Pass(1).ShouldBe(["GiveUp"]);
    }

    [Fact]
    public void A_lock_that_is_not_released_in_time_ends_it()
    {
        Wait();
        Hear(new Begin(Handoff));
        for (var i = 0; i < 50; i++)
        {
            Step(new SuccessorInput.LockRefused());
            Pass(0.1);
        }

        _core.Phase.ShouldBe(SuccessorPhase.GivenUp);
    }

    [Fact]
    public void Data_that_cannot_be_opened_ends_it()
    {
        Wait();
        Hear(new Begin(Handoff));
        Step(new SuccessorInput.LockTaken());
        Step(new SuccessorInput.OpenFailed("fingerprint")).ShouldBe(["GiveUp"]);
    }

    [Fact]
    public void It_says_that_it_lives_while_it_opens()
    {
        Wait();
        Hear(new Begin(Handoff));
        Step(new SuccessorInput.LockTaken());
        Pass(2).ShouldBe(["send Heartbeat"]);
    }

    [Fact]
    public void A_begin_of_another_handoff_ends_it()
    {
        Wait();
        Hear(new Begin(Other)).ShouldBe(["GiveUp"]);
    }

    [Fact]
    public void A_begin_that_is_repeated_is_done_once()
    {
        Wait();
        Hear(new Begin(Handoff));
        Hear(new Begin(Handoff)).ShouldBeEmpty();
    }

    [Fact]
    public void An_abort_after_Commit_comes_too_late()
    {
        BecomeReady();
        Hear(new Commit(Handoff));
        Hear(new Abort(Handoff, "late")).ShouldBeEmpty();
        _core.Phase.ShouldBe(SuccessorPhase.Serving);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    public void A_version_that_is_not_spoken_ends_it(ushort version)
    {
        Step(new SuccessorInput.Started());
        Hear(new HelloAck(version, Handoff)).ShouldBe(["GiveUp"]);
    }

    [Fact]
    public void A_greeting_that_is_not_answered_ends_it()
    {
        Step(new SuccessorInput.Started());
        Pass(5).ShouldBe(["GiveUp"]);
    }

    [Fact]
    public void Bytes_that_are_no_frame_end_it_before_Ready()
    {
        Wait();
        Step(new SuccessorInput.Garbled(FrameStatus.Malformed)).ShouldBe(["GiveUp"]);
    }

    private static SuccessorInput.Opened Opened(bool healthy) => new(["http"], healthy, new Revisions(7));

    private void Wait()
    {
        Step(new SuccessorInput.Started());
        Hear(new HelloAck(1, Handoff));
    }

    private void BecomeReady(bool healthy = true)
    {
        Wait();
        Hear(new Begin(Handoff));
        Step(new SuccessorInput.LockTaken());
        Step(Opened(healthy));
    }

    private List<string> Hear(HandoffMessage message) => Step(new SuccessorInput.Heard(new HandoffFrame(1, message)));

    private List<string> Pass(double seconds)
    {
        _now += TimeSpan.FromSeconds(seconds);
        return Step(new SuccessorInput.Tick());
    }

    private List<string> Step(SuccessorInput input) =>
    [
        .. from output in _core.Step(input, _now)
           where output is not SuccessorOutput.Note
           select output is SuccessorOutput.Send send ? $"send {send.Message.GetType().Name}" : output.GetType().Name,
    ];
}
