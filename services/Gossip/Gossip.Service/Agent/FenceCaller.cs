using Holdfast.Client;
using Holdfast.Contracts.Http;
using Holdfast.Gossip.Protocol;
using Holdfast.Hosting;

namespace Holdfast.Gossip.Service;

/// <summary>
/// Carries out what the core wants fenced. Evidence goes to Consensus, which decides; whatever comes of a call is told
/// to the core, which asks again for as long as it holds the peer down.
/// </summary>
internal sealed class FenceCaller(
    ConsensusClient consensus, ChangeAnnouncer announcer, NodeOptions node, ILogger<FenceCaller> logger)
{
    private const string Fenced = "fenced";

    public async Task<GossipInput.FenceAnswered> CallAsync(FenceWanted fence, CancellationToken cancel)
    {
        var (result, retryAfter) = await TryAsync(fence, cancel);
        Telemetry.Fences.Add(
            1,
            new KeyValuePair<string, object?>("result", result.ToString().ToLowerInvariant()),
            new KeyValuePair<string, object?>("cause", Words.CauseOf(fence)));
        return new GossipInput.FenceAnswered(fence.Peer.Node, fence.Peer.Generation, result, retryAfter);
    }

    private async Task<(FenceResult Result, TimeSpan? RetryAfter)> TryAsync(FenceWanted fence, CancellationToken cancel)
    {
        try
        {
            return fence.LooksFirst ? (await LookAsync(fence, cancel), null) : await AskAsync(fence, cancel);
        }
        catch (Exception exception) when (!cancel.IsCancellationRequested)
        {
            // Whatever it is: an unanswered call would keep the core from ever asking again.
            Log.FenceUnanswered(logger, fence.Peer.Node.Value, exception.Message);
            return (FenceResult.NotYet, null);
        }
    }

    private async Task<FenceResult> LookAsync(FenceWanted fence, CancellationToken cancel)
    {
        var answer = await consensus.FenceAsync(fence.Peer.Node, cancel);
        return answer is { Outcome: Fenced } && answer.Generation >= fence.Peer.Generation.Value
            ? FenceResult.Fenced
            : FenceResult.Absent;
    }

    private async Task<(FenceResult Result, TimeSpan? RetryAfter)> AskAsync(
        FenceWanted fence, CancellationToken cancel)
    {
        var peer = fence.Peer;
        var cause = Words.CauseOf(fence);
        var request = new FenceRequest
        {
            Node = peer.Node.Value,
            Cluster = peer.Cluster.Value,
            Generation = peer.Generation.Value,
            SilentFor = fence.SilentFor,
            Cause = cause,
            Reporter = node.Id.Value,
            Observers = ChangeEvents.Evidence(fence.Votes),
        };
        using var span = announcer.StartFence(fence);
        var outcome = await consensus.FenceAsync(request, span.Id, cancel);
        var word = outcome.Value?.Outcome ?? outcome.Refusal!.Code;
        span.SetTag("holdfast.outcome", word);
        if (word == Fenced)
        {
            Log.Fenced(logger, peer.Node.Value, peer.Generation.Value, cause);
            return (FenceResult.Fenced, null);
        }

        Log.FenceNotYet(logger, peer.Node.Value, peer.Generation.Value, word);
        return (FenceResult.NotYet, outcome.Value?.RetryAfter);
    }
}
