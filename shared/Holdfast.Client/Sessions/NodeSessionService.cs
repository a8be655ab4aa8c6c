using Holdfast.Primitives;
using Microsoft.Extensions.Hosting;

namespace Holdfast.Client;

/// <summary>Where a program stands that works under sessions of its node.</summary>
internal sealed record NodeSeat(ClusterId Cluster, NodeId Node);

/// <summary>
/// Works under one session after another, each of which names the node, so that a fence ends it; after the loss of one
/// the next is opened as soon as the node's agent lives.
/// </summary>
internal abstract class NodeSessionService(ConsensusClient consensus, NodeSeat seat, TimeProvider time)
    : BackgroundService
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(500);

    private string _told = "";

    protected NodeSeat Seat => seat;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await GenerationAsync(stoppingToken) is { } generation) await WorkAsync(generation, stoppingToken);
                else TellOnce($"no agent of node {seat.Node} lives");
            }
            catch (Exception failure) when (failure is ConsensusUnavailableException or ConsensusRefusedException)
            {
                TellOnce(failure.Message);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(PauseAfterFailure, time, stoppingToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The session to open on a generation of the node.</summary>
    protected abstract HoldfastSessionOptions SessionOf(Generation generation);

    /// <summary>Works under a session, until it is lost.</summary>
    protected abstract Task WorkAsync(HoldfastSession session, CancellationToken stoppingToken);

    /// <summary>Says why there is no session.</summary>
    protected abstract void Tell(string reason);

    /// <summary>Once per reason and not twice a second.</summary>
    private void TellOnce(string reason)
    {
        if (reason != _told) Tell(reason);
        _told = reason;
    }

    /// <summary>The generation that the agent of the own node lives under; null while it does not.</summary>
    private async Task<Generation?> GenerationAsync(CancellationToken cancel)
    {
        var snapshot = await consensus.SnapshotAsync(cancel);
        var own = snapshot.Nodes.FirstOrDefault(known => known.Node == seat.Node.Value);
        return own is { Live: true } ? new Generation(own.Generation) : null;
    }

    private async Task WorkAsync(Generation generation, CancellationToken stoppingToken)
    {
        await using var session = await HoldfastSession.OpenAsync(consensus, SessionOf(generation), stoppingToken);
        _told = "";
        await WorkAsync(session, stoppingToken);
        if (session.LostReason is { IsCompleted: true } lost)
            TellOnce($"session {session.Id} is lost: {(await lost).Detail}");
    }
}
