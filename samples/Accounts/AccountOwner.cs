using System.Diagnostics;
using System.Threading.Channels;
using Holdfast.Client;
using Holdfast.Client.Bus;
using Holdfast.Contracts;
using Holdfast.Directory;
using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Accounts;

/// <summary>
/// Sees to it that the accounts of the own cluster are owned: at once when an event says that some were promoted, and
/// every few seconds by asking the directory, because events are hints. Each account goes to the program of the
/// cluster that rendezvous picks, so that two do not race. It does so under a session that names its node; a node
/// that was fenced comes back under a newer generation, and the program then opens a new one.
/// </summary>
internal sealed class AccountOwner(
    ConsensusClient consensus,
    ClusterView cluster,
    AccountKeeper keeper,
    IEventSubscriber bus,
    AccountsOptions options,
    ILogger<AccountOwner> logger) : BackgroundService
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(500);

    private readonly Channel<PromotedHere> _hints = Channel.CreateBounded<PromotedHere>(
        new BoundedChannelOptions(1_024) { FullMode = BoundedChannelFullMode.DropOldest });

    private volatile GrainClaims? _claims;

    /// <summary>The session it claims under now; null while it has none.</summary>
    public HoldfastSession? Session => _claims?.Session;

    /// <summary>Opens new accounts of this cluster; null while they cannot be claimed.</summary>
    /// <returns>Those that this program owns now; another that exists has its owner already.</returns>
    public async Task<IReadOnlyList<GrainId>?> OpenAsync(IReadOnlyList<GrainId> accounts, CancellationToken cancel)
    {
        if (_claims is not { } claims) return null;
        try
        {
            await keeper.ClaimAsync(claims, [.. accounts.Select(account => new GrainClaim(account))], cancel);
            return [.. accounts.Where(claims.Held.ContainsKey)];
        }
        catch (Exception failure) when (IsWorthARetry(failure) && !cancel.IsCancellationRequested)
        {
            Log.OwnerWaits(logger, failure.Message);
            return null;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var events = new HoldfastSubscriber(bus, $"users.accounts.{cluster.Self.Id}")
            .On<GrainPromoted>(HearAsync);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await HoldAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure) when (IsWorthARetry(failure))
            {
                // A deadline of a call ends in a cancellation that nobody here asked for.
                Log.OwnerWaits(logger, failure.Message);
            }

            await Task.Delay(PauseAfterFailure, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private Task HearAsync(GrainPromoted promoted, CancellationToken cancel)
    {
        if (promoted.ToCluster != cluster.Self.Cluster.Value) return Task.CompletedTask;
        List<GrainId> accounts =
        [
            .. promoted.Grains
                .Where(grain => grain.Type == AccountKeeper.GrainType)
                .Select(grain => new GrainId(grain.Type, grain.Key)),
        ];

        // The trace that began with the conviction goes on into the claim.
        var cause = Activity.Current?.Context ?? default;
        if (accounts.Count > 0) _hints.Writer.TryWrite(new PromotedHere(accounts, cause));
        return Task.CompletedTask;
    }

    /// <summary>One session, from its opening to its loss.</summary>
    private async Task HoldAsync(CancellationToken stop)
    {
        if (await cluster.SessionAsync(stop) is not { } wanted) return;
        await using var session = await HoldfastSession.OpenAsync(consensus, wanted, stop);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop, session.Lost);
        var claims = new GrainClaims(keeper.Directory, session);
        _claims = claims;
        Log.SessionOpened(logger, session.Id.ToString(), cluster.Self.Id.Value);
        try
        {
            while (!over.IsCancellationRequested) await StepAsync(claims, over.Token);
        }
        catch (Exception) when (session.Lost.IsCancellationRequested)
        {
            var loss = await session.LostReason;
            Log.SessionLost(logger, session.Id.ToString(), loss.Detail);
        }
        finally
        {
            _claims = null;
        }
    }

    private async Task StepAsync(GrainClaims claims, CancellationToken cancel)
    {
        try
        {
            await keeper.ReconcileAsync(claims, await cluster.LookAsync(cancel), cancel);
            while (await NextAsync(cancel) is { } promoted)
            {
                using var activity = Telemetry.StartTakeOver(promoted.Cause, promoted.Accounts.Count);
                await keeper.TakeAsync(claims, promoted.Accounts, await cluster.LookAsync(cancel), cancel);
            }
        }
        catch (Exception failure) when (IsWorthARetry(failure) && !cancel.IsCancellationRequested)
        {
            Log.OwnerWaits(logger, failure.Message);
            await Task.Delay(PauseAfterFailure, cancel);
        }
    }

    /// <summary>The next promotion that an event told; null when it is time to look at the directory again.</summary>
    private async Task<PromotedHere?> NextAsync(CancellationToken cancel)
    {
        using var reconcile = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        reconcile.CancelAfter(options.ReconcileInterval);
        try
        {
            return await _hints.Reader.ReadAsync(reconcile.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return null;
        }
    }

    private static bool IsWorthARetry(Exception failure) => failure is DirectoryUnavailableException
        or ConsensusUnavailableException or ConsensusRefusedException or SessionLostException or HttpRequestException
        or OperationCanceledException;

    private sealed record PromotedHere(IReadOnlyList<GrainId> Accounts, ActivityContext Cause);
}
