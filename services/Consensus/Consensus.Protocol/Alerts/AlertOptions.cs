using System.ComponentModel.DataAnnotations;

namespace Holdfast.Consensus.Protocol.Alerts;

/// <summary>When something is worth an alert, and when it is over.</summary>
public sealed record AlertOptions
{
    /// <summary>
    /// Silence of a member after which its leader says that it failed; never less than the election timeout in force.
    /// Shorter tells sooner, and of pauses too. From 200 ms to 10 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.200", "00:10:00")]
    public TimeSpan NodeSilence { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long a voter knows no leader before it says that the quorum is lost. Shorter tells sooner, and of elections
    /// that take a little. From 200 ms to 10 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.200", "00:10:00")]
    public TimeSpan LeaderlessFor { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Entries that a voter may lack. It has caught up when it lacks less than half of them. Fewer tell sooner, and of
    /// bursts. From 1 to 1,000,000,000.
    /// </summary>
    [Range(1L, 1_000_000_000L)]
    public long LagEntries { get; init; } = 20_000;

    /// <summary>How long it may lack more. From 0 to 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan LagFor { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a condition must be over before that is said. Longer makes fewer alerts of what comes and goes. From
    /// 100 ms to 1 h.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan SettleFor { get; init; } = TimeSpan.FromSeconds(10);
}
