using Holdfast.Contracts.Http;
using Holdfast.Failover.Protocol;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Consensus;

/// <summary>The definitions <c>graintype/&lt;type&gt;</c> as far as they say where a type may live.</summary>
internal static class TypeRuleText
{
    /// <summary>The rule; null where the definition makes none.</summary>
    public static TypeRule? Read(DefinitionAnswer definition)
    {
        if (GrainTypeText.TypeOf(definition.Key) is not { } type) return null;
        if (GrainId.Problem(type, "any") is not null) return null;

        // One that cannot be read may have forbidden something: until somebody corrects it, its grains stay.
        if (GrainTypeText.Read(definition.Value) is not { } text) return new TypeRule(type, []);
        return text.AllowedClusters is { Count: > 0 } allowed
            ? new TypeRule(type, [.. allowed.Where(ClusterId.IsLegal).Select(cluster => new ClusterId(cluster))])
            : null;
    }
}
