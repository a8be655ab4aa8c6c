using Holdfast.Handoff.Wire;

namespace Holdfast.Client.Handoff;

/// <summary>A daemon that can be handed to another build.</summary>
public record HandoffDaemonOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "HandoffDaemon";

    /// <summary>The directory of the data; made where it is missing. One process holds it at a time.</summary>
    public string DataDirectory { get; init; } = "";

    /// <summary>
    /// The Unix socket at which the supervisor finds the running process; 1 to 100 bytes. Absent: it is never handed
    /// over.
    /// </summary>
    public string? ControlPath { get; init; }

    /// <summary>
    /// Whether a process starts without an epoch where the fence cannot be reached. It serves then, and nothing guards
    /// against one that was left behind.
    /// </summary>
    public bool StartUnfenced { get; init; }

    /// <summary>How long a start or a return waits for the fence. From 100 ms to 5 min.</summary>
    public TimeSpan FenceTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the sides wait for each other.</summary>
    public HandoffTimings Timings { get; init; } = new();

    /// <summary>What is wrong with these options, each as a sentence that names key, value and range.</summary>
    public virtual IEnumerable<string> Problems()
    {
        if (string.IsNullOrWhiteSpace(DataDirectory)) yield return $"{Section}:DataDirectory is missing.";
        if (ControlPath is { } path && System.Text.Encoding.UTF8.GetByteCount(path) is < 1 or > 100)
            yield return $"{Section}:ControlPath is '{ControlPath}'; 1 to 100 bytes are wanted.";
        if (FenceTimeout < TimeSpan.FromMilliseconds(100) || FenceTimeout > TimeSpan.FromMinutes(5))
            yield return $"{Section}:FenceTimeout is {FenceTimeout}; 00:00:00.100 to 00:05:00 is wanted.";
        foreach (var problem in Timings.Problems()) yield return $"{Section}:Timings:{problem}";
    }
}
