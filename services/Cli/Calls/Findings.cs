using Holdfast.Contracts.Http;

namespace Holdfast.Cli.Calls;

/// <summary>What an instance of a service said, beside whether it is ready.</summary>
internal sealed record Asked<T>(Uri Address, Reply<ReadinessAnswer> Readiness, Reply<T> Answer)
    where T : class;

/// <summary>Everything that was asked, at about one time; nothing of it is judged yet.</summary>
internal sealed record Findings
{
    public required DateTime At { get; init; }

    public required IReadOnlyList<Asked<ConsensusStatus>> Voters { get; init; }

    /// <summary>Of the leader, else of the voter that is the furthest; null where none answered.</summary>
    public ConsensusSnapshot? Snapshot { get; init; }

    public required IReadOnlyList<Asked<GossipSnapshot>> Agents { get; init; }

    public required IReadOnlyList<Asked<ClustersAnswer>> Failovers { get; init; }

    public required IReadOnlyList<Asked<GroupsAnswer>> Recoveries { get; init; }

    public required IReadOnlyList<Asked<HandoffSnapshot>> Supervisors { get; init; }

    /// <summary>Whether anybody answered anything.</summary>
    public bool IsAnything =>
        Any(Voters) || Any(Agents) || Any(Failovers) || Any(Recoveries) || Any(Supervisors);

    private static bool Any<T>(IReadOnlyList<Asked<T>> asked)
        where T : class => asked.Any(one => one.Answer.Value is not null || one.Readiness.Value is not null);
}
