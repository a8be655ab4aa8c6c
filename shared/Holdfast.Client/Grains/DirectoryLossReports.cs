using System.Collections.Concurrent;
using Holdfast.Contracts.Http;
using Holdfast.Directory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Client;

/// <summary>
/// Reports to Consensus what the directory forgot of what it had answered this process. Who repairs a shard knows of it
/// what its relay has read; the changes since then only those know who made them. Thread-safe.
/// </summary>
public sealed class DirectoryLossReports(
    IGrainDirectory directory, ConsensusClient consensus, ILogger? logger = null)
{
    private readonly ILogger _logger = logger ?? NullLogger.Instance;

    // The memory of each shard that was reported last. A second report would do no harm, and no good.
    private readonly ConcurrentDictionary<int, string> _reported = new();
    private int _isUnderWay;

    /// <summary>
    /// Reports what is known to be lost and was not reported; costs nothing where there is nothing. What cannot be
    /// reported now is reported by a later call; nothing more is tried where nobody of Consensus answers.
    /// </summary>
    public Task ReportAsync(CancellationToken cancel) => ReportAsync(isSilent: null, cancel);

    private async Task ReportAsync(Func<int, bool>? isSilent, CancellationToken cancel)
    {
        foreach (var lost in directory.Forgotten)
        {
            if (isSilent?.Invoke(lost.Shard) == true) continue;
            if (_reported.GetValueOrDefault(lost.Shard) == lost.Gen) continue;
            try
            {
                if (await IsReportedAsync(lost, cancel)) _reported[lost.Shard] = lost.Gen;
            }
            catch (Exception failure) when (
                failure is DirectoryUnavailableException or ConsensusUnavailableException or ConsensusRefusedException)
            {
                Log.LossUnreported(_logger, GrainShard.Name(lost.Shard), failure.Message);
                if (failure is ConsensusUnavailableException) return;
            }
        }
    }

    /// <summary>Reports beside the caller's work, which it does not hold up; nothing while that is under way.</summary>
    /// <param name="cancel">Ends it.</param>
    /// <param name="isSilent">Shards known not to answer, which are left to a later call; null: none is known.</param>
    internal void BeginReport(CancellationToken cancel, Func<int, bool>? isSilent = null)
    {
        if (Interlocked.Exchange(ref _isUnderWay, 1) == 0) _ = ReportAsideAsync(isSilent, cancel);
    }

    private async Task ReportAsideAsync(Func<int, bool>? isSilent, CancellationToken cancel)
    {
        try
        {
            await ReportAsync(isSilent, cancel);
        }
        catch (Exception failure)
        {
            if (!cancel.IsCancellationRequested) Telemetry.GrainCallFailed("report", failure);
        }
        finally
        {
            Volatile.Write(ref _isUnderWay, 0);
        }
    }

    private async Task<bool> IsReportedAsync(ForgottenMemory lost, CancellationToken cancel)
    {
        var now = await directory.ShardAsync(lost.Shard, cancel);

        // Another reported it, and the shard was opened for the loss; or it has forgotten all, which its relay reports.
        if (now.Version.Gen != lost.Gen) return false;

        // Who said that it is gone was a former master, which nobody asks any more. Of yet another process nobody knows
        // whether it followed on that one: a report in vain costs a window, a loss that nobody reports costs grains.
        if (now.Run == lost.Run && now.Version.Seq >= lost.Seq)
        {
            directory.FoundAgain(lost);
            return false;
        }

        var report = new DirectoryLostRequest
        {
            Shard = lost.Shard,
            Gen = lost.Gen,
            Seq = lost.Seq,
            Run = now.Process,
            Evidence = "seq",
        };
        var loss = (await consensus.ReportDirectoryLossAsync(report, traceParent: null, by: null, cancel)).Demand();
        Log.LossReported(_logger, GrainShard.Name(lost.Shard), lost.Gen, lost.Seq, loss.Floor);
        Telemetry.LossReported();
        return true;
    }
}

/// <summary>Reporting losses as part of a program.</summary>
public static class DirectoryLossHosting
{
    /// <summary>
    /// Reports losses of the directory's memory for as long as the program runs. Needs a <see cref="ConsensusClient"/>
    /// and an <see cref="IGrainDirectory"/>. A <see cref="GrainKeeper"/> and <see cref="GrainClaims"/> report by
    /// themselves, but the claims only when they are called.
    /// </summary>
    public static IServiceCollection AddDirectoryLossReports(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton(provider => new DirectoryLossReports(
            provider.GetRequiredService<IGrainDirectory>(),
            provider.GetRequiredService<ConsensusClient>(),
            provider.GetService<ILogger<DirectoryLossReports>>()));
        return services.AddHostedService<DirectoryLossReporting>();
    }
}

/// <summary>Asks twice a second, which is a look into this process' own memory.</summary>
internal sealed class DirectoryLossReporting(DirectoryLossReports reports) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var pace = new PeriodicTimer(Interval);
        try
        {
            while (await pace.WaitForNextTickAsync(stoppingToken)) await reports.ReportAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return;
        }
    }
}
