using Holdfast.Contracts.Http;
using Holdfast.Primitives;

namespace Holdfast.Client;

/// <content>What Consensus has to do with the grain directory.</content>
public sealed partial class ConsensusClient
{
    /// <summary>
    /// Makes it a fact that a shard of the directory lost a memory; its answer has the floor. A memory is lost once,
    /// whoever reports it and however often.
    /// </summary>
    /// <param name="request">Which memory.</param>
    /// <param name="traceParent">The trace of whoever noticed it.</param>
    /// <param name="by">A session of the caller's, under which it is carried out once; null: as often as sent.</param>
    /// <param name="cancel">Gives up waiting.</param>
    public Task<ConsensusOutcome<DirectoryLossAnswer>> ReportDirectoryLossAsync(
        DirectoryLostRequest request, string? traceParent, SessionId? by, CancellationToken cancel) =>
        SendAsync<DirectoryLossAnswer>(
            new EndpointCall(HttpMethod.Post, ConsensusRoutes.DirectoryLost, request) { TraceParent = traceParent },
            by,
            cancel);
}
