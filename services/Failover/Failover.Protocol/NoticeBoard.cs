using System.Collections.Immutable;

namespace Holdfast.Failover.Protocol;

/// <summary>Numbers and collects what is to be published by one step.</summary>
internal sealed class NoticeBoard(Grant grant)
{
    private readonly List<Notice> _notices = [];
    private ulong _counter;
    private long _sweeps;

    public long NextSweep() => ++_sweeps;

    public void Start(Incident incident) =>
        _notices.Add(new Notice.Started(incident, grant.LastHeld, ++_counter));

    public void Complete(Incident incident, SweepFigures figures, TimeSpan sinceFence) =>
        _notices.Add(new Notice.Completed(incident, grant.LastHeld, ++_counter, figures, sinceFence));

    public void Cancel(Incident incident, SweepFigures figures, CancelReason reason) =>
        _notices.Add(new Notice.Cancelled(incident, grant.LastHeld, ++_counter, figures, reason));

    public void Refuse(Incident incident, RefusalReason reason, string detail) =>
        _notices.Add(new Notice.Refused(incident, grant.LastHeld, ++_counter, reason, detail));

    public ImmutableArray<Notice> Take()
    {
        ImmutableArray<Notice> taken = [.. _notices];
        _notices.Clear();
        return taken;
    }
}
