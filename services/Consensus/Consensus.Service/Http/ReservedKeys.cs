namespace Holdfast.Consensus.Service.Http;

/// <summary>
/// The definitions that Failover and Recovery write for an operator, and the directory's own: whoever wrote them by
/// hand would give orders in an operator's name, or stop every promotion.
/// </summary>
internal static class ReservedKeys
{
    private static readonly string[] Prefixes = ["force/", "pause/", "cordon/"];
    private static readonly string[] Names = ["directory"];

    /// <param name="key">As it is written down: names are told apart by case.</param>
    public static bool Contains(string key) =>
        Names.Contains(key, StringComparer.Ordinal) ||
        Prefixes.Any(prefix => key.StartsWith(prefix, StringComparison.Ordinal));
}
