using Holdfast.Primitives;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Holdfast.Client;

/// <summary>
/// Wants an election for as long as a service runs: a session, its campaign, and what becomes of them, told to
/// whoever derives from it. The session names the own node where that has a live agent, so that a fence of the node
/// ends it; one that was opened before the agent's is given up for one with the name as soon as the agent lives. On a
/// node that is fenced none is opened at all.
/// </summary>
/// <param name="consensus">Where it campaigns.</param>
/// <param name="options">For what, and as whom.</param>
/// <param name="time">The clock of the pauses.</param>
/// <param name="logger">Tells what is won and lost.</param>
public abstract class ElectionSeat(
    ConsensusClient consensus, ElectionSeatOptions options, TimeProvider time, ILogger logger) : BackgroundService
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(500);

    private volatile Leadership? _leadership;
    private volatile HoldfastSession? _session;

    /// <summary>The election.</summary>
    public ElectionName Election => options.Election;

    /// <summary>Whether calls may be made now, by the lease itself.</summary>
    public bool IsHeld => _leadership is { IsHeld: true };

    /// <summary>Cancelled when the lease ends under which calls may be made now; already, where none may.</summary>
    public CancellationToken Ended => _leadership?.Ended ?? new CancellationToken(canceled: true);

    /// <summary>The session that campaigns; null while there is none.</summary>
    protected HoldfastSession? Session => _session;

    /// <summary>
    /// A newer token of the election; null where it could not be had, or whether it was minted is unknown.
    /// </summary>
    protected async Task<Token?> TryAdvanceAsync(CancellationToken cancel)
    {
        try
        {
            if (_leadership is { } leadership) return await leadership.AdvanceAsync(cancel);
        }
        catch (Exception failure) when (
            failure is LeadershipEndedException or ConsensusUnavailableException or ConsensusRefusedException)
        {
            Log.AdvanceFailed(logger, Election.Value, failure.Message);
        }

        return null;
    }

    /// <summary>The election is held from now on.</summary>
    protected abstract ValueTask HeldAsync(Token token, CancellationToken cancel);

    /// <summary>It is held no more.</summary>
    protected abstract ValueTask LostAsync(CancellationToken cancel);

    /// <inheritdoc/>
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
                Log.SeatWithoutSession(logger, failure.Message);
            }
            catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
            {
                Log.SeatWithoutSession(logger, "it was lost");
            }

            await Task.Delay(PauseAfterFailure, time, stoppingToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The session to open; null while the own node is fenced.</summary>
    private async Task<HoldfastSessionOptions?> SessionAsync(CancellationToken cancel)
    {
        var snapshot = await consensus.SnapshotAsync(cancel);
        var own = snapshot.Nodes.FirstOrDefault(known => known.Node == options.Node.Value);
        if (own is { Live: false, Fence: not null })
        {
            Log.SeatWithoutSession(logger, $"the node {options.Node} is fenced and not back");
            return null;
        }

        return new HoldfastSessionOptions
        {
            Cluster = options.Cluster,
            Node = own is { Live: true } ? options.Node : null,
            Generation = own is { Live: true } live ? new Generation(live.Generation) : null,
            Name = $"{Election.Kind} on {options.Node}",
            Ttl = options.Ttl,
            KeepAlive = options.KeepAlive,
        };
    }

    private async Task HoldAsync(HoldfastSessionOptions wanted, CancellationToken stoppingToken)
    {
        await using var session = await HoldfastSession.OpenAsync(consensus, wanted, stoppingToken);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, session.Lost);
        _session = session;
        var naming = wanted.Node is null ? EndWhenNamedAsync(over) : Task.CompletedTask;
        try
        {
            var campaign = new Campaign(consensus, session, Election);
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
            _session = null;
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
                Log.SessionNamed(logger, options.Node.Value);
                await over.CancelAsync();
            }
            catch (Exception failure) when (failure is ConsensusUnavailableException or ConsensusRefusedException)
            {
                Log.AgentUnknown(logger, failure.Message);
            }
            catch (OperationCanceledException) when (over.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task<bool> HasAgentAsync(CancellationToken cancel) =>
        (await consensus.SnapshotAsync(cancel)).Nodes.Any(known => known.Node == options.Node.Value && known.Live);

    private async Task LeadAsync(Leadership leadership, CancellationToken over, CancellationToken stoppingToken)
    {
        _leadership = leadership;
        Log.ElectionWon(logger, Election.Value, leadership.Token.ToString());
        await HeldAsync(leadership.Token, over);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(over, leadership.Ended);
        await Task.Delay(Timeout.InfiniteTimeSpan, time, ended.Token)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _leadership = null;
        Log.ElectionLost(logger, Election.Value);

        // A loop that has stopped acts no more by itself.
        if (!stoppingToken.IsCancellationRequested) await LostAsync(stoppingToken);
    }
}

/// <summary>For which election somebody campaigns, and as whom.</summary>
public sealed record ElectionSeatOptions
{
    /// <summary>The election.</summary>
    public required ElectionName Election { get; init; }

    /// <summary>The cluster of the session.</summary>
    public required ClusterId Cluster { get; init; }

    /// <summary>The node of the session, where its agent lives.</summary>
    public required NodeId Node { get; init; }

    /// <summary>Time to live of the session.</summary>
    public required TimeSpan Ttl { get; init; }

    /// <summary>Pause between two keep-alives of it.</summary>
    public required TimeSpan KeepAlive { get; init; }

    /// <summary>How often a session without a node looks whether the node's agent lives by now.</summary>
    public required TimeSpan CheckInterval { get; init; }
}
