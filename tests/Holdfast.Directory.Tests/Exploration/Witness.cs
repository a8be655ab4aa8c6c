using Holdfast.Primitives;

namespace Holdfast.Directory.Tests.Exploration;

/// <summary>
/// Watches the records of a directory after each step: an epoch never falls, and never has two owners (invariants 1
/// and 3). A record may lose its holder under its epoch (release), never get another.
/// </summary>
internal sealed class Witness
{
    private readonly Dictionary<GrainId, Epoch> _highest = [];
    private readonly Dictionary<(GrainId, Epoch), (ClusterId, SessionId?)> _owners = [];

    public void See(GrainRecord record)
    {
        record.Epoch.ShouldBeGreaterThanOrEqualTo(_highest.GetValueOrDefault(record.Grain), $"{record}");
        _highest[record.Grain] = record.Epoch;
        if (record.Tombstone) return;
        if (!_owners.TryAdd((record.Grain, record.Epoch), (record.Cluster, record.Holder)))
            _owners[(record.Grain, record.Epoch)].ShouldBe((record.Cluster, record.Holder), $"{record}");
    }
}
