using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Raft;

/// <summary>
/// The configurations of a log: the one in force at its base and one for each entry of that kind after it. The newest
/// counts from the moment it is appended, and no longer when it is cut off again (Raft 6).
/// </summary>
internal sealed class ConfigurationHistory(LogIndex baseIndex, Configuration atBase)
{
    // Invariant: never empty, indexes and versions rise; the first is in force at the base of the log.
    private readonly List<(LogIndex Index, Configuration Configuration)> _known = [(baseIndex, atBase)];

    public Configuration Newest => _known[^1].Configuration;

    /// <summary>The entry that brought the newest; at or before the base of the log for one from there.</summary>
    public LogIndex NewestIndex => _known[^1].Index;

    public void Append(LogIndex index, Configuration configuration)
    {
        Invariant.Holds(index > NewestIndex);
        _known.Add((index, configuration));
    }

    public Configuration At(LogIndex index) => _known.FindLast(known => known.Index <= index).Configuration;

    /// <summary>What it was before the newest came; itself where that is forgotten.</summary>
    public Configuration BeforeNewest => _known.Count > 1 ? _known[^2].Configuration : Newest;

    /// <summary>Whether any of them names it.</summary>
    public bool Names(NodeId node) => _known.Exists(known => known.Configuration.IsMember(node));

    /// <summary>Forgets what entries from a place on brought.</summary>
    public void TruncateFrom(LogIndex index)
    {
        var kept = _known.FindLastIndex(known => known.Index < index);
        Invariant.Holds(kept >= 0);
        _known.RemoveRange(kept + 1, _known.Count - kept - 1);
    }

    /// <summary>The log begins after a place from now on.</summary>
    public void CompactTo(LogIndex index)
    {
        var inForce = _known.FindLastIndex(known => known.Index <= index);
        if (inForce > 0) _known.RemoveRange(0, inForce);
    }

    /// <summary>A leader's snapshot took the place of everything.</summary>
    public void ReplaceBy(LogIndex index, Configuration configuration)
    {
        _known.Clear();
        _known.Add((index, configuration));
    }
}
