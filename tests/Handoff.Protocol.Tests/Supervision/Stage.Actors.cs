using Holdfast.Handoff.Protocol.Supervision;
using Holdfast.Handoff.Wire;

namespace Holdfast.Handoff.Protocol.Tests.Supervision;

// How the processes answer what they are told.
internal sealed partial class Stage
{
    private void ToIncumbent(HandoffMessage message)
    {
        if (_called is not { Lives: true } incumbent) return;
        switch (message)
        {
            case HandoffMessage.PrepareHandoff:
                Put("incumbent", new SupervisorInput.Heard(Peer.Incumbent, new HandoffMessage.Drained(0, true)));
                break;
            case HandoffMessage.SealRequest:
                incumbent.HasData = false;
                Put("incumbent", new SupervisorInput.Heard(
                    Peer.Incumbent, new HandoffMessage.SealComplete(Handoff, Revisions, default)));
                break;
            case HandoffMessage.ResumeAfterAbort:
                Actors.ShouldAllBe(other => other == incumbent || !other.Lives, "the successor must be gone");
                incumbent.HasData = true;
                incumbent.Epoch = Epoch;
                break;
            case HandoffMessage.Commit:
                incumbent.Lives = false;
                Exit(incumbent, 0);
                break;
            default:
                break;
        }
    }

    private void ToSuccessor(HandoffMessage message)
    {
        var successor = Actors[^1];
        if (message is HandoffMessage.Begin && successor.Lives)
        {
            Actors.ShouldAllBe(actor => !actor.HasData, "the data must be sealed");
            successor.HasData = true;
            successor.SaidReady = true;
            successor.Epoch = Epoch;
            Put("successor", new SupervisorInput.Heard(
                Peer.Successor, new HandoffMessage.Ready(Handoff, ["http"], IsHealthy, Found)));
        }
        else if (message is HandoffMessage.Commit)
        {
            // So long after Ready the successor may have taken the silence for Commit already.
            var isTooLate = Now - _readyAt > SupervisionOptions.AbortWindow;
            (_isCommitRecorded || isTooLate).ShouldBeTrue("it must be on disk");
        }
    }

    private static SupervisorInput.Heard Hello(Peer peer, Actor actor) => new(peer, new HandoffMessage.Hello(
        peer == Peer.Incumbent ? HandoffRole.Incumbent : HandoffRole.Successor,
        (uint)actor.Identity.Pid,
        BuildId.FromText(actor.Identity.Build.Value),
        1,
        1,
        0));
}
