using Holdfast.Handoff.Protocol.Supervision;
using Holdfast.Handoff.Wire;

namespace Holdfast.Handoff.Protocol.Tests.Supervision;

// How the processes answer what they are told, and what they do when they are told nothing any more.
internal sealed partial class Stage
{
    // Whoever holds the other end of the supervisor's streams, and who serves the control path.
    private Actor? _incumbent;
    private Actor? _successor;
    private Actor? _path;

    private static string LaneOf(Peer peer) => peer == Peer.Incumbent ? "incumbent" : "successor";

    private bool IsLinked(Peer peer) => (peer == Peer.Incumbent ? _incumbent : _successor) is { Lives: true };

    private void ToIncumbent(HandoffMessage message)
    {
        if (_incumbent is not { Lives: true } incumbent) return;
        switch (message)
        {
            case HandoffMessage.PrepareHandoff:
                Put("incumbent", new SupervisorInput.Heard(Peer.Incumbent, new HandoffMessage.Drained(0, true)));
                break;
            case HandoffMessage.SealRequest when SealHangs:
                incumbent.Doing = Doing.Hanging;
                break;
            case HandoffMessage.SealRequest:
                (incumbent.Doing, incumbent.HasData, incumbent.HasSealed) = (Doing.Sealed, false, true);
                Put("incumbent", new SupervisorInput.Heard(
                    Peer.Incumbent, new HandoffMessage.SealComplete(Handoff, Revisions, default)));
                break;
            case HandoffMessage.ResumeAfterAbort:
                Actors.ShouldAllBe(other => other == incumbent || !other.Lives, "the successor must be gone");
                (incumbent.WasTold, incumbent.Epoch) = (true, Epoch);
                if (incumbent.Doing is Doing.Sealed) incumbent.Doing = Doing.Returning;
                LookAround();
                break;
            case HandoffMessage.Commit:
                End(incumbent, 0);
                break;
            default:
                break;
        }
    }

    private void ToSuccessor(HandoffMessage message)
    {
        if (_successor is not { Lives: true } successor) return;
        if (message is HandoffMessage.Begin)
        {
            Actors.ShouldAllBe(actor => !actor.HasData || actor.HasSealed, "the data must be sealed");
            if (Actors.Exists(actor => actor.HasData))
            {
                // An incumbent that was cut off has its lock again, and the successor gives up.
                Cut(Peer.Successor);
                return;
            }

            (successor.Doing, successor.HasData, successor.SaidReady) = (Doing.Ready, true, true);
            successor.Epoch = Epoch;
            Put("successor", new SupervisorInput.Heard(
                Peer.Successor, new HandoffMessage.Ready(Handoff, ["http"], IsHealthy, Found)));
        }
        else if (message is HandoffMessage.Commit)
        {
            // So long after Ready the successor may have taken the silence for Commit already.
            var isTooLate = Now - _readyAt > SupervisionOptions.AbortWindow;
            (_isCommitRecorded || isTooLate).ShouldBeTrue("it must be on disk");
            BecomeServing(successor);
        }
    }

    /// <summary>Whoever answers on the control path; one that is on its way back keeps its caller waiting.</summary>
    private Actor? Greeting() => _path is { Lives: true } path && !IsMute(path) ? path : null;

    private static bool IsMute(Actor actor) =>
        actor.Doing is Doing.Hanging || (actor.Doing is Doing.Returning && actor.WasTold);

    private void Connect()
    {
        Forget(Peer.Incumbent);
        if (_path is not { Lives: true } path)
        {
            Put("incumbent", new SupervisorInput.LinkLost(Peer.Incumbent, "nobody answers"));
            return;
        }

        _incumbent = path;
        if (!IsMute(path)) Put("incumbent", Hello(Peer.Incumbent, path));
    }

    /// <summary>The supervisor closes a stream: it hears nothing more of it, and the other end notices.</summary>
    private void Forget(Peer peer)
    {
        if (_lanes.TryGetValue(LaneOf(peer), out var lane)) lane.Clear();
        if (peer == Peer.Successor && _lanes.TryGetValue("process", out var starts))
            _lanes["process"] = new Queue<SupervisorInput>(starts.Where(start => start is not SupervisorInput.Heard));
        Hang(peer);
    }

    private void HangAll()
    {
        Hang(Peer.Successor);
        Hang(Peer.Incumbent);
    }

    /// <summary>A process notices that its stream ended.</summary>
    private void Hang(Peer peer)
    {
        var actor = peer == Peer.Incumbent ? _incumbent : _successor;
        if (peer == Peer.Incumbent) _incumbent = null;
        else _successor = null;
        if (actor is not { Lives: true }) return;
        switch (actor.Doing)
        {
            case Doing.Sealed:
                actor.Doing = Doing.Returning;
                break;
            case Doing.Waiting:
                End(actor, 75);
                break;
            case Doing.Ready when IsHealthy:
                BecomeServing(actor);
                break;
            case Doing.Ready:
                End(actor, 75);
                break;
            default:
                break;
        }

        LookAround();
    }

    /// <summary>Time for those who try for their data.</summary>
    private void LookAround()
    {
        foreach (var actor in Actors.Where(actor => actor is { Lives: true, Doing: Doing.Returning }).ToList())
        {
            var holder = Actors.Find(other => other is { Lives: true, HasData: true });
            if (holder is null)
            {
                (actor.HasData, actor.Epoch) = (true, Epoch);
                BecomeServing(actor);
            }
            else if (holder == _path && holder.Doing == Doing.Serving)
            {
                End(actor, 0);
            }
        }

        // A greeting that a caller waits for.
        if (_incumbent is { Lives: true, Doing: Doing.Serving, WasTold: true } back && At == HandoffStep.Aborting &&
            !Lanes.Contains("incumbent"))
        {
            Put("incumbent", Hello(Peer.Incumbent, back));
        }
    }

    private void BecomeServing(Actor actor)
    {
        actor.Doing = Doing.Serving;
        _path = actor;
    }

    private void End(Actor actor, int code)
    {
        if (!actor.Lives) return;
        (actor.Lives, actor.HasData) = (false, false);
        Exit(actor, code);
        LookAround();
    }

    private static SupervisorInput.Heard Hello(Peer peer, Actor actor) => new(peer, new HandoffMessage.Hello(
        peer == Peer.Incumbent ? HandoffRole.Incumbent : HandoffRole.Successor,
        (uint)actor.Identity.Pid,
        BuildId.FromText(actor.Identity.Build.Value),
        1,
        1,
        0));
}
