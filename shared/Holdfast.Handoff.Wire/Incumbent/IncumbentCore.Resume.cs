using Holdfast.Primitives;

namespace Holdfast.Handoff.Wire;

// The way back: lock, fence, data, connections, control path, each before the next.
public sealed partial class IncumbentCore
{
    private void Abort(string reason, bool isFenceRaised)
    {
        if (Phase is IncumbentPhase.Serving)
        {
            // Serving again already, or never stopped. A fence that was raised meanwhile is worth knowing.
            if (isFenceRaised && isFenced && _handoff is not null) Owe(Owed.Read);
            return;
        }

        Invariant.Holds(_handoff is not null);
        if (!IsOurs(_handoff.Id)) return; // A supervisor that came later gives up a handoff of its own.
        if (!_handoff.IsAborted) Note(DaemonStep.Aborted, reason);
        _handoff = _handoff with { IsAborted = true };

        TakeBack(isFenceRaised);
    }

    /// <param name="isFenceRaised">Whether the supervisor said so; else it is raised here once it is sure that the
    /// supervisor will not.</param>
    private void TakeBack(bool isFenceRaised)
    {
        if (isFenceRaised) _owed = isFenced ? Owed.Read : Owed.Nothing;
        switch (Phase)
        {
            case IncumbentPhase.Draining or IncumbentPhase.Drained:
                // The lock was kept and no successor begun.
                if (isFenceRaised) ContinueUnderFence();
                else BecomeResuming();
                break;
            case IncumbentPhase.Sealing { Abandoned: true }:
                break;
            case IncumbentPhase.Sealing:
                Phase = new IncumbentPhase.Sealing(Abandoned: true);
                Do(new IncumbentOutput.CancelSeal());
                break;
            case IncumbentPhase.Sealed:
                Phase = new IncumbentPhase.Locking(_now + timings.ReplacementCheck);
                TakeLock();
                break;
            case IncumbentPhase.AwaitingWord:
                ContinueUnderFence();
                break;
            case IncumbentPhase.Locking or IncumbentPhase.Fencing or IncumbentPhase.Resuming:
                break; // It is on its way back already, and knows more now.
            default:
                throw new InvariantViolatedException($"take back in {Phase}");
        }
    }

    private void OwnAfterSeal(IncumbentInput input)
    {
        if (input is IncumbentInput.LockTaken or IncumbentInput.LockRefused) _isLockAsked = false;
        switch (Phase, input)
        {
            case (_, IncumbentInput.FenceKnown known) when known.Ask != _fenceAsks:
            case (_, IncumbentInput.FenceUnreachable late) when late.Ask != _fenceAsks:
                break; // The answer to an older question, which may be an older epoch.
            case (IncumbentPhase.Locking, IncumbentInput.LockTaken):
                HandleLockTaken();
                break;
            case (IncumbentPhase.Locking, IncumbentInput.LockRefused):
                break; // The next tick tries again.
            case (IncumbentPhase.Locking, IncumbentInput.Replaced replaced):
                Note(DaemonStep.Replaced, $"process {replaced.Pid} answers on the control path");
                BecomeEnded(IncumbentEnd.Replaced);
                break;
            case (_, IncumbentInput.Replaced):
                break; // The lock is ours by now: whoever that was does not hold the data.
            case (IncumbentPhase.Fencing, IncumbentInput.FenceKnown):
                Note(DaemonStep.Fenced, "");
                _owed = Owed.Nothing;
                BecomeResuming();
                break;
            case (IncumbentPhase.Fencing, IncumbentInput.FenceUnreachable unreachable):
                // Two silences must not leave nobody serving. What is guarded refuses the old epoch if it must.
                Note(DaemonStep.FenceUnreachable, unreachable.Error);
                Owe(_owed);
                BecomeResuming();
                break;
            case (_, IncumbentInput.FenceKnown):
                _owed = Owed.Nothing; // What was owed while serving; the shell has told the data.
                break;
            case (_, IncumbentInput.FenceUnreachable):
                break; // Still owed.
            case (IncumbentPhase.Resuming, IncumbentInput.Resumed):
                Phase = new IncumbentPhase.Serving();
                Note(DaemonStep.Resumed, "");
                Do(new IncumbentOutput.KeepControlPath());
                SayHello();
                break;
            case (IncumbentPhase.Resuming resuming, IncumbentInput.ResumeFailed failed):
                HandleResumeFailed(resuming, failed);
                break;
            default:
                throw new InvariantViolatedException($"{input} in {Phase}");
        }
    }

    private void HandleLockTaken()
    {
        if (isFenced && _owed == Owed.Nothing && _handoff is { IsAborted: true } && _session is not null)
        {
            // Aborted, and the supervisor is there to raise the fence and say so.
            Phase = new IncumbentPhase.AwaitingWord(_now + timings.ResumeWait);
            SayHello();
            return;
        }

        ContinueUnderFence();
    }

    private void ContinueUnderFence() => AskFence(_owed == Owed.Read ? Owed.Read : Owed.Raise);

    private void AskFence(Owed owed)
    {
        if (!isFenced)
        {
            BecomeResuming();
            return;
        }

        _owed = owed;
        Phase = new IncumbentPhase.Fencing();
        DoAskFence();
    }

    private void DoAskFence()
    {
        _fenceAsks++;
        Do(_owed == Owed.Read
            ? new IncumbentOutput.ReadFence(_fenceAsks)
            : new IncumbentOutput.RaiseFence(_fenceAsks));
    }

    private void TakeLock()
    {
        if (_isLockAsked) return;
        _isLockAsked = true;
        Do(new IncumbentOutput.TakeLock());
    }

    private void Owe(Owed owed) => (_owed, _askFenceAt) = (owed, _now + timings.FenceRetry);

    private void BecomeResuming(int attempt = 1)
    {
        Phase = new IncumbentPhase.Resuming(attempt);
        Do(new IncumbentOutput.Resume());
    }

    private void HandleResumeFailed(IncumbentPhase.Resuming resuming, IncumbentInput.ResumeFailed failed)
    {
        Note(DaemonStep.ResumeFailed, failed.Error);
        if (resuming.Attempt < timings.ResumeAttemptsMax)
        {
            BecomeResuming(resuming.Attempt + 1);
            return;
        }

        // A process that holds the lock and serves nothing helps nobody: the next one may do better.
        Do(new IncumbentOutput.ReleaseLock());
        BecomeEnded(IncumbentEnd.CannotResume);
    }

    private void BecomeEnded(IncumbentEnd why)
    {
        Phase = new IncumbentPhase.Ended(why);
        Do(new IncumbentOutput.End(why));
    }
}
