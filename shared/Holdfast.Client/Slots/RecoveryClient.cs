using Holdfast.Contracts.Http;
using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>Calls to the Recovery instances of a cluster.</summary>
internal sealed class RecoveryClient : IDisposable
{
    private readonly EndpointTransport _transport;

    public RecoveryClient(SlotHostOptions options, HttpMessageHandler? handler)
    {
        if (options.Problems().ToArray() is { Length: > 0 } problems)
            throw new ArgumentException(string.Join(' ', problems), nameof(options));
        _transport = new EndpointTransport(
            new ServiceEndpoints(
                "recovery",
                options.Endpoints,
                options.TokenFile,
                options.Deadline,
                options.Deadline,
                (what, inner) => new RecoveryUnavailableException(what, inner)),
            handler);
    }

    /// <summary>Says what a host has, and asks what it shall do.</summary>
    /// <exception cref="RecoveryUnavailableException">Nobody answered in time, or nobody acts.</exception>
    public Task<ConsensusOutcome<SlotHostAnswer>> SyncAsync(NodeId node, SlotHostSync sync, CancellationToken cancel) =>
        _transport.SendAsync<SlotHostAnswer>(
            new EndpointCall(HttpMethod.Post, RecoveryRoutes.Sync(node.Value), sync) { IsRoutine = true }, cancel);

    public void Dispose() => _transport.Dispose();
}

/// <summary>No instance of Recovery answered within the deadline, or none acts for the cluster.</summary>
internal sealed class RecoveryUnavailableException(string what, Exception? inner = null)
    : Exception($"Recovery is unavailable: {what}", inner);
