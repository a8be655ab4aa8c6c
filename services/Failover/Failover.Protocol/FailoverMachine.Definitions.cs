namespace Holdfast.Failover.Protocol;

/// <summary>What is written down in Consensus, one definition at a time: the creation of the directory.</summary>
public sealed partial class FailoverMachine
{
    private DefinitionWrite? NextDefinition()
    {
        if (_isDefining || !_grant.IsUsable || _world is not { } world) return null;
        DefinitionWrite? write = world.Directory switch
        {
            null => DefinitionWrite.BeginCreation,
            { Created: false } definition => definition.Shards == _shards && _lanes.AreAllOpen
                ? DefinitionWrite.EndCreation
                : null,
            _ => null,
        };
        _isDefining = write is not null;
        return write;
    }
}
