using Holdfast.Directory.Changes;
using Holdfast.Primitives;

namespace Holdfast.Directory.Embedded;

/// <summary>
/// Gathers the grains that one call changed into announcements: one per previous owner and token, since an event
/// names those once for all its grains.
/// </summary>
/// <param name="operation">What was done.</param>
/// <param name="cause">Why.</param>
/// <param name="token">The token under which; null: each grain's own.</param>
/// <param name="to">The cluster that owns them now.</param>
/// <param name="holder">The session that holds them now.</param>
internal sealed class ChangeBatch(string operation, string cause, Token? token, ClusterId? to, SessionId? holder)
{
    private readonly OrderedDictionary<(ClusterId?, SessionId?, Token), List<ChangedGrain>> _groups = [];

    /// <summary>
    /// The changes, in the order of their first grain; time and floor are set when they are announced.
    /// </summary>
    public IEnumerable<Change> Changes => _groups.Select(group => new Change(
        operation,
        DateTime.UnixEpoch,
        cause,
        Token.None,
        group.Key.Item3,
        group.Key.Item1,
        to,
        holder,
        group.Key.Item2,
        group.Value));

    public void Add(GrainRecord? before, GrainRecord after, Token under)
    {
        var owned = before is { Tombstone: false };
        var key = (owned ? before!.Cluster : (ClusterId?)null, owned ? before!.Holder : null, token ?? under);
        if (!_groups.TryGetValue(key, out var grains)) _groups[key] = grains = [];
        grains.Add(new ChangedGrain(after.Grain, before?.Epoch, after.Epoch, after.Kind, after.Tombstone));
    }
}
