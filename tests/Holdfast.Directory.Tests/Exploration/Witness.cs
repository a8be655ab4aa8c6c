using Holdfast.Primitives;

namespace Holdfast.Directory.Tests.Exploration;

/// <summary>
/// Watches the records of a directory after each step. Whatever is forgotten, an epoch never has two owners (invariant
/// 1; not promised for external types): a record may lose its holder under its epoch (release), never get another.
/// While nothing is forgotten, an epoch never falls (invariant 3).
/// </summary>
internal sealed class Witness
{
    private readonly Dictionary<GrainId, Epoch> _highest = [];
    private readonly Dictionary<(GrainId, Epoch), (ClusterId, SessionId?)> _owners = [];

    /// <summary>A witness of the same past, that goes on by itself.</summary>
    public Witness Copy()
    {
        var copy = new Witness();
        foreach (var (grain, epoch) in _highest) copy._highest[grain] = epoch;
        foreach (var (epoch, owner) in _owners) copy._owners[epoch] = owner;
        return copy;
    }

    /// <summary>All that it knows, so that two pasts can be told from each other.</summary>
    public string Summary => string.Join(
        ' ',
        _highest.Select(pair => $"{pair.Key}<={pair.Value}")
            .Concat(_owners.Select(pair => $"{pair.Key}={pair.Value}"))
            .Order(StringComparer.Ordinal));

    public void See(GrainRecord record)
    {
        record.Epoch.ShouldBeGreaterThanOrEqualTo(_highest.GetValueOrDefault(record.Grain), $"{record}");
        _highest[record.Grain] = record.Epoch;
        if (record.Tombstone) return;
        if (!_owners.TryAdd((record.Grain, record.Epoch), (record.Cluster, record.Holder)))
            _owners[(record.Grain, record.Epoch)].ShouldBe((record.Cluster, record.Holder), $"{record}");
    }

    /// <summary>What has the epoch, by all that was ever seen.</summary>
    public bool IsOwner(GrainId grain, Epoch epoch, SessionId session) =>
        _owners.TryGetValue((grain, epoch), out var owner) && owner.Item2 == session;

    /// <summary>The memory went, or went back.</summary>
    public void Lost()
    {
        _highest.Clear();
        foreach (var (grain, epoch) in _owners.Keys.Where(key => key.Item1.IsExternal).ToList())
            _owners.Remove((grain, epoch));
    }

    /// <summary>
    /// A window was opened. Of a grain without a record nothing is remembered that a holder's word could be compared
    /// with, even if the loss was none: a tombstone may have been erased.
    /// </summary>
    public void Reopened(IEnumerable<GrainId> withoutRecord)
    {
        foreach (var grain in withoutRecord) _highest.Remove(grain);
    }
}
