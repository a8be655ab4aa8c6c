using System.Globalization;
using Holdfast.Client;
using Holdfast.Directory;
using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Accounts;

/// <summary>Opens new accounts: those that are asked for, and those that the cluster begins with.</summary>
internal sealed class AccountOpening(
    IGrainDirectory directory,
    GrainKeeper keeper,
    AccountsOptions options,
    NodeOptions self,
    TimeProvider time,
    ILogger<AccountOpening> logger) : BackgroundService
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>Opens new accounts of this cluster; null while they cannot be claimed and loaded.</summary>
    /// <returns>Those that this program owns now; another that exists has its owner already.</returns>
    public async Task<IReadOnlyList<GrainId>?> OpenAsync(IReadOnlyList<GrainId> accounts, CancellationToken cancel)
    {
        if (!keeper.IsReady) return null;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(Deadline);
        try
        {
            var results = await keeper.ClaimAsync(accounts, deadline.Token);
            var isDone = results.Count == accounts.Distinct().Count() &&
                results.All(result => result.IsHeld || result.Status == DirectoryStatus.LostRace);
            return isDone ? [.. results.Where(result => result.IsHeld).Select(result => result.Grain)] : null;
        }
        catch (Exception failure) when (IsWorthARetry(failure) && !cancel.IsCancellationRequested)
        {
            Log.OpeningWaits(logger, failure.Message);
            return null;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        List<GrainId> first =
        [
            .. Enumerable.Range(1, options.First).Select(number => new GrainId(
                AccountProgram.GrainType, string.Create(CultureInfo.InvariantCulture, $"{self.Cluster}-{number:d4}"))),
        ];
        using var timer = new PeriodicTimer(Pause, time);
        try
        {
            while (!await AreThereAsync(first, stoppingToken)) await timer.WaitForNextTickAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return;
        }
    }

    /// <summary>Opens what the directory has no record of.</summary>
    private async Task<bool> AreThereAsync(List<GrainId> first, CancellationToken cancel)
    {
        if (first.Count == 0) return true;
        try
        {
            var answers = await directory.LookupAsync(first, cancel);
            List<GrainId> absent =
            [
                .. answers.Where(answer => answer.Status == DirectoryStatus.NotFound).Select(answer => answer.Grain),
            ];
            if (absent.Count > 0) await OpenAsync(absent, cancel);
            return answers.Count == first.Count && answers.All(answer => answer.Status == DirectoryStatus.Ok);
        }
        catch (DirectoryUnavailableException failure)
        {
            Log.OpeningWaits(logger, failure.Message);
            return false;
        }
    }

    // The deadline ends in a cancellation that nobody else asked for; without a session the keeper cannot claim.
    private static bool IsWorthARetry(Exception failure) => failure is DirectoryUnavailableException
        or ConsensusUnavailableException or ConsensusRefusedException or SessionLostException
        or InvalidOperationException or OperationCanceledException;
}
