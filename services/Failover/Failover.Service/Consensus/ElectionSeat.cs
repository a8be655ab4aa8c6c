using Holdfast.Client;
using Holdfast.Failover.Protocol;
using Holdfast.Failover.Service.Loop;
using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Consensus;

/// <summary>
/// Wants the election <c>failover/&lt;own cluster&gt;</c> for as long as the service runs: a session, its campaign, and
/// what becomes of them, told to the loop. The session names the own node where that has a live agent, so that a fence
/// of the node ends it; one that was opened before the agent's is given up for one with the name as soon as the agent
/// lives. On a node that is fenced none is opened at all.
/// </summary>
internal sealed class ElectionSeat(
    ConsensusClient consensus,
    FailoverMailbox mailbox,
    NodeOptions node,
    FailoverOptions options,
    TimeProvider time,
    ILogger<ElectionSeat> logger) : BackgroundService
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(500);

    private readonly ElectionName _election = ElectionName.Failover(node.Cluster);
    private volatile Leadership? _leadership;

    public ElectionName Election => _election;

    /// <summary>Whether calls may be made now, by the lease itself.</summary>
    public bool IsHeld => _leadership is { IsHeld: true };

    /// <summary>Cancelled when the lease ends under which calls may be made now; already, where none may.</summary>
    public CancellationToken Ended => _leadership?.Ended ?? new CancellationToken(canceled: true);

    public async Task<FailoverInput> AdvanceAsync(CancellationToken cancel)
    {
        try
        {
            if (_leadership is { } leadership) return new FailoverInput.Advanced(await leadership.AdvanceAsync(cancel));
        }
        catch (Exception failure) when (
            failure is LeadershipEndedException or ConsensusUnavailableException or ConsensusRefusedException)
        {
            Log.AdvanceFailed(logger, _election.Value, failure.Message);
        }

        return new FailoverInput.AdvanceFailed();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await SessionAsync(stoppingToken) is { } wanted) await HoldAsync(wanted, stoppingToken);
            }
            catch (Exception failure) when (
                failure is SessionLostException or ConsensusUnavailableException or ConsensusRefusedException)
            {
                Log.SessionFailed(logger, failure.Message);
            }
            catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
            {
                Log.SessionFailed(logger, "it was lost");
            }

            await Task.Delay(PauseAfterFailure, time, stoppingToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The session to open; null while the own node is fenced.</summary>
    private async Task<HoldfastSessionOptions?> SessionAsync(CancellationToken cancel)
    {
        var snapshot = await consensus.SnapshotAsync(cancel);
        var own = snapshot.Nodes.FirstOrDefault(known => known.Node == node.Id.Value);
        if (own is { Live: false, Fence: not null })
        {
            Log.SessionFailed(logger, $"the node {node.Id} is fenced and not back");
            return null;
        }

        return new HoldfastSessionOptions
        {
            Cluster = node.Cluster,
            Node = own is { Live: true } ? node.Id : null,
            Generation = own is { Live: true } live ? new Generation(live.Generation) : null,
            Name = $"failover on {node.Id}",
            Ttl = options.SessionTtl,
            KeepAlive = options.KeepAlive,
        };
    }

    private async Task HoldAsync(HoldfastSessionOptions wanted, CancellationToken stoppingToken)
    {
        await using var session = await HoldfastSession.OpenAsync(consensus, wanted, stoppingToken);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, session.Lost);
        var naming = wanted.Node is null ? EndWhenNamedAsync(over) : Task.CompletedTask;
        try
        {
            var campaign = new Campaign(consensus, session, _election);
            while (!over.IsCancellationRequested)
            {
                await using var leadership = await campaign.WinAsync(over.Token);
                await LeadAsync(leadership, over.Token, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (
            over.IsCancellationRequested && !session.Lost.IsCancellationRequested)
        {
            return; // The stop, or the name.
        }
        finally
        {
            await over.CancelAsync();
            await naming;
        }
    }

    /// <summary>
    /// Ends a session without a node once the own node's agent lives: a fence of the node is to end it.
    /// </summary>
    private async Task EndWhenNamedAsync(CancellationTokenSource over)
    {
        while (!over.IsCancellationRequested)
        {
            await Task.Delay(options.CheckInterval, time, over.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                if (!await HasAgentAsync(over.Token)) continue;
                Log.SessionNamed(logger, node.Id.Value);
                await over.CancelAsync();
            }
            catch (Exception failure) when (failure is ConsensusUnavailableException or ConsensusRefusedException)
            {
                Log.ObserveFailed(logger, failure.Message);
            }
            catch (OperationCanceledException) when (over.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task<bool> HasAgentAsync(CancellationToken cancel) =>
        (await consensus.SnapshotAsync(cancel)).Nodes.Any(known => known.Node == node.Id.Value && known.Live);

    private async Task LeadAsync(Leadership leadership, CancellationToken over, CancellationToken stoppingToken)
    {
        _leadership = leadership;
        Log.ElectionWon(logger, _election.Value, leadership.Token.ToString());
        await mailbox.PostAsync(new FailoverInput.GrantHeld(leadership.Token), over);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(over, leadership.Ended);
        await Task.Delay(Timeout.InfiniteTimeSpan, time, ended.Token)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _leadership = null;
        Log.ElectionLost(logger, _election.Value);

        // A loop that has stopped acts no more by itself.
        if (!stoppingToken.IsCancellationRequested)
            await mailbox.PostAsync(new FailoverInput.GrantLost(), stoppingToken);
    }
}
