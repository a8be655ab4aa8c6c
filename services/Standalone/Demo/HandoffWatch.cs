using Holdfast.Contracts;
using Holdfast.Standalone.Nodes;

namespace Holdfast.Standalone.Demo;

/// <summary>What a subscriber heard of the demo's daemon.</summary>
internal sealed class HandoffWatch
{
    private volatile HandoffCommitted? _committed;
    private volatile HandoffAborted? _aborted;
    private volatile WorkloadDown? _down;

    public HandoffCommitted? Committed => _committed;

    public HandoffAborted? Aborted => _aborted;

    /// <summary>An end of the daemon that nobody had announced.</summary>
    public WorkloadDown? Down => _down;

    public void Hear(HandoffCommitted committed)
    {
        if (committed.Daemon == DaemonSettings.Name) _committed = committed;
    }

    public void Hear(HandoffAborted aborted)
    {
        if (aborted.Daemon == DaemonSettings.Name) _aborted = aborted;
    }

    public void Hear(WorkloadDown down)
    {
        if (down.Workload == DaemonSettings.Name) _down = down;
    }
}
