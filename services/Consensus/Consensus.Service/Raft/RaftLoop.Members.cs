using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Service.Raft;

/// <content>Members that come and go, and the caller that waits for it.</content>
internal sealed partial class RaftLoop
{
    private static readonly MembershipOutcome NobodyChanges = new MembershipOutcome.NotLeader(null);

    // One change is under way at a time; the core refuses another.
    private TaskCompletionSource<MembershipOutcome>? _asksForChange;
    private (ulong Version, TaskCompletionSource<MembershipOutcome> Caller)? _changing;

    private void StepChange(HostInput.Change change)
    {
        _asksForChange = change.Caller;
        Step(new RaftInput.ChangeMembers(change.Wanted));
    }

    private void TakeChange(ChangeAnswer answer)
    {
        var caller = _asksForChange!;
        _asksForChange = null;
        _telemetry.ChangedMembers(answer.Refusal.ToString());
        if (answer.Refusal == MembershipRefusal.None)
        {
            _changing?.Caller.TrySetResult(MembershipOutcome.Unknown.Instance);
            _changing = (answer.Version, caller);
            return;
        }

        Log.MembersRefused(_logger, _node.Self, answer.Refusal, answer.Detail);
        caller.TrySetResult(answer.Refusal == MembershipRefusal.NotLeader
            ? new MembershipOutcome.NotLeader(answer.Leader)
            : new MembershipOutcome.Refused(answer.Refusal, answer.Detail));
    }

    /// <summary>After every step: a leader that was removed is done and leads no more in the same one.</summary>
    private void LookAtChange()
    {
        if (_changing is not { } change) return;
        var members = _node.Members;
        if (_node.AreMembersCommitted && !members.IsJoint && members.Version >= change.Version)
            EndChange(new MembershipOutcome.Done(members));
        else if (_node.Role != RaftRole.Leader)
            EndChange(MembershipOutcome.Unknown.Instance);
    }

    private void EndChange(MembershipOutcome outcome)
    {
        _changing?.Caller.TrySetResult(outcome);
        _changing = null;
    }
}
