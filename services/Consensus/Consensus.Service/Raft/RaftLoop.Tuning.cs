using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Service.Raft;

/// <content>Other figures at run time, and snapshots that somebody wishes for.</content>
internal sealed partial class RaftLoop
{
    private static readonly SnapshotOutcome NobodySaves = SnapshotOutcome.Stopped.Instance;

    // One is taken at a time; the core refuses another.
    private TaskCompletionSource<SnapshotOutcome>? _asksForSnapshot;
    private (LogIndex UpTo, TaskCompletionSource<SnapshotOutcome> Caller)? _saving;

    private void StepReconfigure(HostInput.Reconfigure wish)
    {
        Step(new RaftInput.Reconfigure(wish.Options));

        // Before the caller hears of it: whoever is told that it is in force, sees it in force.
        PublishStatus();
        wish.Caller.TrySetResult(true);
    }

    private void StepSnapshot(HostInput.Snapshot wish)
    {
        _asksForSnapshot = wish.Caller;
        Step(RaftInput.TakeSnapshot.Instance);
    }

    private void TakeSnapshotTurn(SnapshotTurn turn)
    {
        var caller = _asksForSnapshot!;
        _asksForSnapshot = null;
        if (turn.Refusal == SnapshotRefusal.None) _saving = (turn.UpTo, caller);
        else caller.TrySetResult(new SnapshotOutcome.Refused(turn.Refusal));
    }

    private void EndSnapshot(SnapshotInfo saved)
    {
        if (_saving is not { } saving || saved.Index != saving.UpTo) return;
        _saving = null;
        PublishStatus();
        saving.Caller.TrySetResult(new SnapshotOutcome.Taken(saved));
    }

    private void CloseTuning()
    {
        _asksForSnapshot?.TrySetResult(NobodySaves);
        _saving?.Caller.TrySetResult(NobodySaves);
    }
}
