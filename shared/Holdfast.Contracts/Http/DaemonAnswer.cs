namespace Holdfast.Contracts.Http;

/// <summary>
/// A daemon under a supervisor: an item of <c>GET /v1/daemons</c> of Handoff.
/// </summary>
public sealed record DaemonAnswer
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// <c>starting</c>, <c>serving</c>, <c>handing</c> (a handoff is under way, or its end is being written
    /// down), <c>recovering</c> (one of an earlier life of the supervisor is brought to its end), <c>waiting</c>
    /// (nobody runs, a start is due), <c>stopping</c>, <c>stopped</c>.
    /// </summary>
    public required string State { get; init; }

    /// <summary>The process that serves.</summary>
    public int? Pid { get; init; }

    /// <summary>The build it runs, or that is started next.</summary>
    public required string Build { get; init; }

    /// <summary>The builds in its folder.</summary>
    public required IReadOnlyList<string> Builds { get; init; }

    /// <summary>Where it listens, as <c>name=address</c>.</summary>
    public required IReadOnlyList<string> Listeners { get; init; }

    /// <summary>The epoch of its grain; absent for a daemon without one.</summary>
    public string? Epoch { get; init; }

    /// <summary>The handoff under way.</summary>
    public HandoffAnswer? Handoff { get; init; }
}

/// <summary>
/// A handoff: <c>GET /v1/handoffs/{id}</c> of Handoff.
/// </summary>
public sealed record HandoffAnswer
{
    /// <summary>Its UUID.</summary>
    public required string Id { get; init; }

    /// <summary>The daemon.</summary>
    public required string Daemon { get; init; }

    /// <summary><c>running</c>, <c>committed</c> or <c>aborted</c>.</summary>
    public required string Outcome { get; init; }

    /// <summary>The last step taken.</summary>
    public required string Step { get; init; }

    /// <summary>The process that is handed over.</summary>
    public required int IncumbentPid { get; init; }

    /// <summary>The process that takes over.</summary>
    public int? SuccessorPid { get; init; }

    /// <summary>The build of the incumbent.</summary>
    public required string IncumbentBuild { get; init; }

    /// <summary>The build handed to.</summary>
    public required string SuccessorBuild { get; init; }

    /// <summary>The epoch given to the daemon in this handoff.</summary>
    public string? Epoch { get; init; }

    /// <summary>How long nobody accepted, in milliseconds, once that is over.</summary>
    public long? PauseMs { get; init; }

    /// <summary>Why it was aborted, or what was unusual.</summary>
    public string? Reason { get; init; }

    /// <summary>When each step began, in their order.</summary>
    public required IReadOnlyList<HandoffStepAnswer> Steps { get; init; }
}

/// <summary>A step of a handoff.</summary>
public sealed record HandoffStepAnswer
{
    /// <summary>Its name.</summary>
    public required string Step { get; init; }

    /// <summary>When it began, UTC.</summary>
    public required DateTime At { get; init; }
}

/// <summary>
/// Hands a daemon to a build: <c>POST /v1/daemons/{name}/handoff</c> of Handoff, answered with 202 and the
/// <see cref="HandoffAnswer"/>.
/// </summary>
public sealed record HandoffRequest
{
    /// <summary>A build inside the daemon's folder.</summary>
    public required string Build { get; init; }
}

/// <summary>
/// Aborts the handoff under way: <c>POST /v1/daemons/{name}/abort</c> of Handoff.
/// </summary>
public sealed record AbortRequest
{
    /// <summary>Why, for people; 1 to 200 characters.</summary>
    public string? Reason { get; init; }
}

/// <summary>
/// All daemons of a supervisor: <c>GET /snapshot</c> of Handoff.
/// </summary>
public sealed record HandoffSnapshot
{
    /// <summary>The supervisor's node.</summary>
    public required string Node { get; init; }

    /// <summary>Its daemons.</summary>
    public required IReadOnlyList<DaemonAnswer> Daemons { get; init; }
}
