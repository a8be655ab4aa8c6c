using Holdfast.Cli.Calls;
using Holdfast.Cli.Status;
using Holdfast.Contracts.Http;
using Holdfast.Primitives;

namespace Holdfast.Cli.Explain;

/// <summary>All that is known of a grain; nothing of it is judged yet.</summary>
/// <param name="Grain">The grain.</param>
/// <param name="Record">Its record; null where there is none.</param>
/// <param name="History">Newest first.</param>
/// <param name="Findings">What the services said.</param>
internal sealed record Evidence(
    GrainId Grain, GrainOwnerAnswer? Record, IReadOnlyList<GrainHistoryAnswer> History, Findings Findings)
{
    public ConsensusSnapshot? Consensus => Findings.Snapshot;

    public IReadOnlyList<ClustersAnswer> Failovers { get; } =
        [.. Findings.Failovers.Select(asked => asked.Answer.Value).OfType<ClustersAnswer>()];

    public IReadOnlyList<MemberRow> Members { get; } = MemberRows.Of(
        [.. Findings.Agents.Select(asked => asked.Answer.Value).OfType<GossipSnapshot>()], Findings.Snapshot);

    public GrainTypeText? Type => Consensus?.Definitions
        .FirstOrDefault(definition => definition.Key == GrainTypeText.KeyOf(Grain.Type)) is { } definition
        ? GrainTypeText.Read(definition.Value)
        : null;
}
