using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol;

/// <summary>A grain type that may live in certain clusters only.</summary>
/// <param name="Type">The type.</param>
/// <param name="Allowed">Those clusters; never empty.</param>
public sealed record TypeRule(string Type, ImmutableArray<ClusterId> Allowed);

/// <summary>The grain types that one promoter moves: some, or all but some.</summary>
/// <param name="IsOnly">Whether only <paramref name="Types"/> are meant; else all others.</param>
/// <param name="Types">In ordinal order.</param>
public sealed record TypePart(bool IsOnly, ImmutableArray<string> Types)
{
    public static readonly TypePart All = new(IsOnly: false, []);

    public bool IsNone => IsOnly && Types.IsEmpty;

    public bool Equals(TypePart? other) =>
        other is not null && IsOnly == other.IsOnly && Types.SequenceEqual(other.Types);

    public override int GetHashCode() => HashCode.Combine(IsOnly, Types.Length);

    /// <summary>The part of who may take every type but those whose rule says no.</summary>
    public static TypePart AllowedIn(ClusterId cluster, IEnumerable<TypeRule> rules) =>
        Of(isOnly: false, rules.Where(rule => !rule.Allowed.Contains(cluster)));

    internal static TypePart Of(bool isOnly, IEnumerable<TypeRule> rules) =>
        new(isOnly, [.. rules.Select(rule => rule.Type).Order(StringComparer.Ordinal)]);
}
