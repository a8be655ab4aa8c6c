namespace Holdfast.Counter;

/// <summary>How a build of the counter behaves; the two are for trying what a supervisor does then.</summary>
public sealed record CounterOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Counter";

    /// <summary>Whether this build says that it is not healthy. A handoff to it is aborted.</summary>
    public bool Unhealthy { get; init; }

    /// <summary>How much longer a seal takes: as if there were more to write out. From 0 to 10 min.</summary>
    public TimeSpan SealPause { get; init; }
}
