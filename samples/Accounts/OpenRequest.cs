using Holdfast.Directory;
using Holdfast.Primitives;

namespace Holdfast.Accounts;

/// <summary>New accounts, by the keys of their grains.</summary>
internal sealed record OpenRequest(IReadOnlyList<string> Keys)
{
    public IReadOnlyList<GrainId> Accounts => [.. Keys.Select(key => new GrainId(AccountProgram.GrainType, key))];

    /// <summary>What is wrong with it and what would be legal; null when nothing is.</summary>
    public string? Problem()
    {
        if (Keys is not { Count: > 0 } || Keys.Count > DirectoryLimits.GrainsPerCallMax)
            return $"keys has {Keys?.Count ?? 0}; 1 to {DirectoryLimits.GrainsPerCallMax} are wanted.";
        return Keys
            .Select(key => GrainId.Problem(AccountProgram.GrainType, key))
            .FirstOrDefault(bad => bad is not null);
    }
}

/// <summary>The accounts that this program owns now.</summary>
internal sealed record OpenAnswer(IReadOnlyList<string> Opened);
