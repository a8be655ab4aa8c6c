using Holdfast.Contracts;

namespace Holdfast.Failover.Service.Events;

/// <summary>
/// Measures, from events that pass by, how long a node was down before it was fenced and a grain unclaimed after it was
/// promoted. For people only: nothing is decided by it, the clocks are those of the hosts, and what was forgotten or
/// missed is not measured.
/// </summary>
internal sealed class IncidentClock
{
    private const int NodesMax = 10_000;
    private const int GrainsMax = 100_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Node, ulong Generation), DateTime> _down = [];

    // Each kind of event has a queue of its own: a fence may be heard before the death that it is for.
    private readonly Dictionary<(string Node, ulong Generation), PeerFenced> _fenced = [];

    // What was promoted is sorted only once a claim is heard: a sweep, which must lose no time, has none at first.
    private readonly Dictionary<(string Type, string Key), DateTime> _promoted = [];
    private readonly List<GrainPromoted> _unsorted = [];
    private int _unsortedGrains;

    public void Hear(PeerDown down)
    {
        lock (_gate)
        {
            if (_fenced.Remove((down.NodeId, down.Generation), out var fenced))
            {
                Telemetry.Fenced(fenced.ClusterId, fenced.OccurredAt - down.OccurredAt);
                return;
            }

            if (_down.Count >= NodesMax) _down.Clear();
            _down.TryAdd((down.NodeId, down.Generation), down.OccurredAt);
        }
    }

    public void Hear(PeerFenced fenced)
    {
        lock (_gate)
        {
            if (_down.Remove((fenced.NodeId, fenced.Generation), out var since))
            {
                Telemetry.Fenced(fenced.ClusterId, fenced.OccurredAt - since);
                return;
            }

            if (_fenced.Count >= NodesMax) _fenced.Clear();
            _fenced[(fenced.NodeId, fenced.Generation)] = fenced;
        }
    }

    /// <summary>An event of the directory that is being relayed.</summary>
    public void Hear(IEvent relayed)
    {
        lock (_gate)
        {
            switch (relayed)
            {
                case GrainPromoted promoted:
                    KeepLocked(promoted);
                    break;
                case GrainClaimed claimed:
                    SortLocked();
                    foreach (var grain in claimed.Grains)
                    {
                        if (_promoted.Remove((grain.Type, grain.Key), out var since))
                            Telemetry.Claimed(claimed.OccurredAt - since);
                    }

                    break;
                default:
                    break;
            }
        }
    }

    private void KeepLocked(GrainPromoted promoted)
    {
        // Those whose claim another relay saw wait for ever; with them go some that are still awaited.
        if (_promoted.Count + _unsortedGrains + promoted.Grains.Count > GrainsMax)
        {
            _promoted.Clear();
            _unsorted.Clear();
            _unsortedGrains = 0;
        }

        _unsorted.Add(promoted);
        _unsortedGrains += promoted.Grains.Count;
    }

    private void SortLocked()
    {
        foreach (var promoted in _unsorted)
            foreach (var grain in promoted.Grains)
                _promoted[(grain.Type, grain.Key)] = promoted.OccurredAt;
        _unsorted.Clear();
        _unsortedGrains = 0;
    }
}
