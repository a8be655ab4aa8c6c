namespace Holdfast.Contracts.Http;

/// <summary>
/// Which process a workload is from now on: <c>PUT /v1/workloads/{name}</c> of Gossip. Another process
/// than before ends a planned silence; the same one said again changes nothing.
/// </summary>
public sealed record WatchWorkloadRequest
{
    /// <summary>The id of a live process, as the agent of the node sees it.</summary>
    public required int Pid { get; init; }

    /// <summary>
    /// Whether its parent reports how it ended: the agent then keeps the news of its death for up to a second, for the
    /// exit code.
    /// </summary>
    public bool ReportsExit { get; init; }
}

/// <summary>
/// How the process of a workload ended, from its parent, who alone knows it:
/// <c>POST /v1/workloads/{name}/exit</c> of Gossip.
/// </summary>
public sealed record WorkloadExitRequest
{
    /// <summary>The process, which the workload is named to be.</summary>
    public required int Pid { get; init; }

    /// <summary>
    /// Its exit code, from 0 to 255, 128 more than the number of a signal that ended it; absent where it is not known.
    /// </summary>
    public int? ExitCode { get; init; }
}

/// <summary>
/// Announces that a workload may be gone for a while: <c>POST /v1/planned-silence</c> of Gossip.
/// </summary>
public sealed record PlannedSilenceRequest
{
    /// <summary>The workload; it is watched.</summary>
    public required string Workload { get; init; }

    /// <summary>Until when, at most an hour from now. A time that is over takes an earlier announcement back.</summary>
    public required DateTimeOffset Until { get; init; }
}

/// <summary>
/// A watched process of a node: an item of <c>GET /v1/workloads</c> of Gossip.
/// </summary>
public sealed record WorkloadAnswer
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The process.</summary>
    public required int Pid { get; init; }

    /// <summary>
    /// <c>up</c>; <c>silent</c>: gone, as was announced; <c>down</c>: gone, and <c>WorkloadDown</c> was published.
    /// </summary>
    public required string State { get; init; }

    /// <summary>Until when its silence is planned, UTC.</summary>
    public DateTime? SilentUntil { get; init; }
}
