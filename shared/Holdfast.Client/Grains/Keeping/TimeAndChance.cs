namespace Holdfast.Client;

/// <summary>The clock of a keeper's pauses, and what spreads them.</summary>
internal sealed record TimeAndChance(TimeProvider Time, Random Random);
