namespace Holdfast.Failover.Protocol;

/// <summary>
/// What is written down in Consensus, one definition at a time: the creation of the directory, and the clusters that
/// own grains while nobody of them is known.
/// </summary>
public sealed partial class FailoverMachine
{
    private DefinitionWrite? NextDefinition()
    {
        if (_isDefining || !_grant.IsUsable || _world is not { } world) return null;
        DefinitionWrite? write = world.Directory switch
        {
            null => new DefinitionWrite.BeginCreation(),
            { Created: false } definition => definition.Shards == _shards && _lanes.AreAllOpen
                ? new DefinitionWrite.EndCreation()
                : null,
            _ => NextAbsence(world),
        };
        _isDefining = write is not null;
        return write;
    }

    // Where Consensus knows nobody of an owner there is nothing that could be fenced, and no instant from which a grace
    // could run: the entry that says so is both, for all who read the log. It is taken back once somebody is there, or
    // once the cluster owns nothing any more.
    private DefinitionWrite.Absent? NextAbsence(Observation world)
    {
        foreach (var absence in world.Absences)
        {
            if (!world.IsDeserted(absence.Cluster) || _survey.OwnsNothing(absence.Cluster))
                return new DefinitionWrite.Absent(absence.Cluster, Holds: false);
        }

        foreach (var owner in _survey.Owners)
        {
            if (_watches.ContainsKey(owner) && world.IsDeserted(owner) &&
                !world.Absences.Any(absence => absence.Cluster == owner))
            {
                return new DefinitionWrite.Absent(owner, Holds: true);
            }
        }

        return null;
    }
}
