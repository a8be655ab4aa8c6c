using System.ComponentModel.DataAnnotations;
using Holdfast.Contracts.Http;

namespace Holdfast.Client;

/// <summary>How a program hosts slots.</summary>
public sealed record SlotHostOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "SlotHost";

    /// <summary>
    /// The HTTP addresses of the Recovery instances of the program's cluster. All are wanted: one that acts and is not
    /// among them is not asked, as the bearer token goes to these addresses only. At least one.
    /// </summary>
    [MinLength(1)]
    public IReadOnlyList<string> Endpoints { get; init; } = [];

    /// <summary>
    /// A file with the bearer token for Recovery; read again when it changes. Absent: no token is sent, and instances
    /// that demand one refuse.
    /// </summary>
    public string? TokenFile { get; init; }

    /// <summary>
    /// How many slots this host takes at once. More puts more on this node; 0 takes none, and keeps nothing from
    /// being stopped. From 0 to 10,000.
    /// </summary>
    [Range(0, SlotHostSync.CapacityMax)]
    public int Capacity { get; init; } = 16;

    /// <summary>
    /// Pause between two syncs with Recovery. Shorter starts and confirms sooner where no nudge comes, and costs a
    /// request each. From 50 ms to 1 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan Interval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// How long one sync may take, all instances included. Longer rides out a slow one, shorter tries anew sooner.
    /// From 100 ms to 1 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long the host waits for its slots to stop when its session is over or the program ends. Longer lets slow
    /// ones stop in order, shorter gives up sooner. From 100 ms to 10 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan StopDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Time to live of the session that the host opens for itself. Longer rides out longer pauses, shorter lets
    /// Recovery know sooner that the program is gone. From 500 ms to 10 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.500", "00:10:00")]
    public TimeSpan SessionTtl { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Pause between two keep-alives of it. From 50 ms to a third of <see cref="SessionTtl"/>.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:03:20")]
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// What is wrong with these options, each as a sentence that names section, key, value and range.
    /// </summary>
    public IEnumerable<string> Problems()
    {
        if (Endpoints.Count == 0)
            yield return $"{Section}:Endpoints is empty; at least one URL of a Recovery instance is wanted.";
        foreach (var endpoint in Endpoints)
        {
            if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
                yield return $"{Section}:Endpoints has '{endpoint}'; absolute http or https URLs are wanted.";
        }

        if (Capacity is < 0 or > SlotHostSync.CapacityMax)
            yield return $"{Section}:Capacity is {Capacity}; 0 to {SlotHostSync.CapacityMax} is wanted.";
        if (Interval < TimeSpan.FromMilliseconds(50) || Interval > TimeSpan.FromMinutes(1))
            yield return $"{Section}:Interval is {Interval}; 00:00:00.050 to 00:01:00 is wanted.";
        if (Deadline < TimeSpan.FromMilliseconds(100) || Deadline > TimeSpan.FromMinutes(1))
            yield return $"{Section}:Deadline is {Deadline}; 00:00:00.100 to 00:01:00 is wanted.";
        if (StopDeadline < TimeSpan.FromMilliseconds(100) || StopDeadline > TimeSpan.FromMinutes(10))
            yield return $"{Section}:StopDeadline is {StopDeadline}; 00:00:00.100 to 00:10:00 is wanted.";
        if (SessionTtl < TimeSpan.FromMilliseconds(500) || SessionTtl > TimeSpan.FromMinutes(10))
            yield return $"{Section}:SessionTtl is {SessionTtl}; 00:00:00.500 to 00:10:00 is wanted.";
        if (KeepAlive < TimeSpan.FromMilliseconds(50) || KeepAlive * 3 > SessionTtl)
        {
            yield return $"{Section}:KeepAlive is {KeepAlive}; 00:00:00.050 to a third of {Section}:SessionTtl " +
                $"({SessionTtl}) is wanted.";
        }
    }
}
