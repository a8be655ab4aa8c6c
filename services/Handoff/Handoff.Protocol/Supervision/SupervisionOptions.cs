using System.ComponentModel.DataAnnotations;

namespace Holdfast.Handoff.Protocol.Supervision;

/// <summary>
/// How long a supervisor waits for what. The relations between them are checked where they are bound.
/// </summary>
public record SupervisionOptions
{
    public const string Section = "Handoff";

    /// <summary>
    /// How long a handoff may take up to the successor's Ready; after it the incumbent serves again. Longer suits large
    /// data, shorter bounds the silence. From 1 s to 30 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:30:00")]
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How much of the deadline requests under way may take to end. Longer lets slow ones finish, and new ones wait
    /// that long. From 0 to 10 min, below <see cref="Deadline"/>.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan DrainGrace { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>Pause between two heartbeats to both processes during a handoff. From 50 ms to 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:00:10")]
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// An incumbent that says nothing for this long while it drains or seals is given up, and the handoff aborted. From
    /// 200 ms to 5 min, at least three times <see cref="Heartbeat"/>.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.200", "00:05:00")]
    public TimeSpan Liveness { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a successor may take to say Hello, its start included. A cold start has no bound. From 100 ms to 2 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:02:00")]
    public TimeSpan HelloTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a process that was told to end may take: an incumbent after Commit, a daemon at an ordered stop. Then
    /// it is killed. From 100 ms to 10 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan ExitGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The pause before a daemon that ended is started again; doubles with each end that follows a short life. From
    /// 10 ms to 1 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan RestartMin { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// The longest such pause; a life that lasted longer than this counts as a good one. From <see cref="RestartMin"/>
    /// to 1 h.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "01:00:00")]
    public TimeSpan RestartMax { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// After Ready a supervisor may abort for this long only: a successor that said Ready takes a silence of 10 s for
    /// Commit, so both must never be able to happen.
    /// </summary>
    public static readonly TimeSpan AbortWindow = TimeSpan.FromSeconds(5);

    /// <summary>The longest that a handoff keeps a daemon's silence planned.</summary>
    public TimeSpan SilenceMax => Deadline + Liveness + ExitGrace;

    /// <summary>The pause before the start that follows so many short lives.</summary>
    public TimeSpan PauseAfter(int failures)
    {
        var pause = RestartMin * Math.Pow(2, Math.Clamp(failures - 1, 0, 20));
        return pause < RestartMax ? pause : RestartMax;
    }
}
