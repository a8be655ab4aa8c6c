using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol;

/// <summary>Numbers and collects what is to be published by one step.</summary>
internal sealed class NoticeBoard(Grant grant)
{
    private readonly List<Notice> _notices = [];
    private readonly Dictionary<ClusterId, Notice> _last = [];
    private ulong _counter;
    private long _sweeps;

    public long NextSweep() => ++_sweeps;

    public void Start(Incident incident, TimeSpan sinceFence) =>
        Add(new Notice.Started(incident, grant.LastHeld, ++_counter, sinceFence));

    public void Complete(Incident incident, SweepFigures figures, TimeSpan sinceFence) =>
        Add(new Notice.Completed(incident, grant.LastHeld, ++_counter, figures, sinceFence));

    public void Cancel(Incident incident, SweepFigures figures, CancelReason reason) =>
        Add(new Notice.Cancelled(incident, grant.LastHeld, ++_counter, figures, reason));

    public void Refuse(
        ClusterId cluster, Incident? incident, string phase, RefusalReason reason, string detail) =>
        Add(new Notice.Refused(cluster, grant.LastHeld, ++_counter, incident, phase, reason, detail));

    public void Force(Incident incident, ForceOrder order) =>
        Add(new Notice.Forced(incident, grant.LastHeld, ++_counter, order));

    /// <summary>What was said last about a cluster; null when nothing was.</summary>
    public Notice? LastOf(ClusterId cluster) => _last.GetValueOrDefault(cluster);

    public ImmutableArray<Notice> Take()
    {
        ImmutableArray<Notice> taken = [.. _notices];
        _notices.Clear();
        return taken;
    }

    private void Add(Notice notice)
    {
        _notices.Add(notice);
        _last[notice.Cluster] = notice;
    }
}
