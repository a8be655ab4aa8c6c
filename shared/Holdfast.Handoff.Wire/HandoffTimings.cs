namespace Holdfast.Handoff.Wire;

/// <summary>How long each side of a handoff waits for the others, and how often it says that it lives.</summary>
public sealed record HandoffTimings
{
    /// <summary>
    /// Pause between two heartbeats. Shorter notices a hung side sooner where <see cref="Liveness"/> is lowered with
    /// it, and costs 10 bytes each. From 10 ms to a third of <see cref="Liveness"/>.
    /// </summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Silence after which the supervisor is taken for gone. Longer rides out longer pauses, shorter serves again
    /// sooner. A supervisor that never sent a heartbeat is only held to the deadline it set. From 100 ms to 10 min.
    /// </summary>
    public TimeSpan Liveness { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the answer to a greeting may take. From 100 ms to 1 min.</summary>
    public TimeSpan HelloTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a successor waits for its turn when the supervisor sends no heartbeats: all the draining and sealing
    /// of the incumbent; and an incumbent for the start of a successor. From 1 s to 1 day.
    /// </summary>
    public TimeSpan BeginTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a successor tries for the lock that the incumbent has released. From 0 to 1 min.</summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long an incumbent with the lock in its hands waits, after an abort, for the supervisor's word that the
    /// fence is raised, before it raises the fence itself. From 0 to 1 min.
    /// </summary>
    public TimeSpan ResumeWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Added to the supervisor's deadline, for what is on its way then. From 0 to 1 min.</summary>
    public TimeSpan Slack { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Pause between two looks at the control path for a process that took over. From 10 ms to 1 min.
    /// </summary>
    public TimeSpan ReplacementCheck { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Pause between two attempts to raise a fence that could not be reached. From 10 ms to 1 min.</summary>
    public TimeSpan FenceRetry { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How often serving again may fail before the process ends, so that a supervisor starts a new one. From 1 to 100.
    /// </summary>
    public int ResumeAttemptsMax { get; init; } = 3;

    /// <summary>What is wrong with these timings, each as a sentence that names key, value and range.</summary>
    public IEnumerable<string> Problems()
    {
        if (Liveness < TimeSpan.FromMilliseconds(100) || Liveness > TimeSpan.FromMinutes(10))
            yield return $"Liveness is {Liveness}; 00:00:00.100 to 00:10:00 is wanted.";
        if (Heartbeat < TimeSpan.FromMilliseconds(10) || Heartbeat * 3 > Liveness)
            yield return $"Heartbeat is {Heartbeat}; 00:00:00.010 to a third of Liveness ({Liveness}) is wanted.";
        if (HelloTimeout < TimeSpan.FromMilliseconds(100) || HelloTimeout > TimeSpan.FromMinutes(1))
            yield return $"HelloTimeout is {HelloTimeout}; 00:00:00.100 to 00:01:00 is wanted.";
        if (BeginTimeout < TimeSpan.FromSeconds(1) || BeginTimeout > TimeSpan.FromDays(1))
            yield return $"BeginTimeout is {BeginTimeout}; 00:00:01 to 1.00:00:00 is wanted.";
        foreach (var problem in Waits()) yield return problem;
        if (ResumeAttemptsMax is < 1 or > 100)
            yield return $"ResumeAttemptsMax is {ResumeAttemptsMax}; 1 to 100 is wanted.";
    }

    private IEnumerable<string> Waits()
    {
        var least = TimeSpan.FromMilliseconds(10);
        (string Name, TimeSpan Value, TimeSpan Min)[] waits =
        [
            (nameof(LockTimeout), LockTimeout, TimeSpan.Zero),
            (nameof(ResumeWait), ResumeWait, TimeSpan.Zero),
            (nameof(Slack), Slack, TimeSpan.Zero),
            (nameof(ReplacementCheck), ReplacementCheck, least),
            (nameof(FenceRetry), FenceRetry, least),
        ];
        return
            from wait in waits
            where wait.Value < wait.Min || wait.Value > TimeSpan.FromMinutes(1)
            select $"{wait.Name} is {wait.Value}; {wait.Min} to 00:01:00 is wanted.";
    }
}
