using System.Collections;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Holdfast.Hosting;

namespace Holdfast.Consensus.Service;

/// <summary>
/// Reads the sources of the configuration again and puts in force what can be while the voter runs. What cannot is
/// named; what is wrong is named, too, and then nothing is changed.
/// </summary>
internal sealed class ConfigurationReload(
    IConfiguration configuration,
    ConsensusOptions started,
    NodeOptions node,
    Tuning tuning,
    ILogger<ConfigurationReload> logger)
{
    public async Task ReloadAsync(CancellationToken cancel)
    {
        ConsensusOptions now;
        IReadOnlyList<string> problems;
        try
        {
            (configuration as IConfigurationRoot)?.Reload();
            (now, problems) = configuration.ReadHoldfastOptions<ConsensusOptions>(
                ConsensusOptions.Section, options => ConsensusRules.Problems(options, node.Id));
        }
        catch (Exception unreadable) when (unreadable is IOException or InvalidDataException or
            UnauthorizedAccessException)
        {
            Log.ReloadRefused(logger, $"{unreadable.Message} {unreadable.InnerException?.Message}".TrimEnd());
            return;
        }

        if (problems.Count > 0)
        {
            Log.ReloadRefused(logger, string.Join(' ', problems));
            return;
        }

        await TakeUpAsync(now, cancel);
    }

    /// <summary>The keys that differ from what the voter was started with, and need a restart.</summary>
    internal static IReadOnlyList<string> NeedRestart(ConsensusOptions started, ConsensusOptions now) =>
    [
        .. typeof(ConsensusOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => !HotSettings.Names.Contains(property.Name) &&
                !IsSame(property.GetValue(started), property.GetValue(now)))
            .Select(property => $"{ConsensusOptions.Section}:{property.Name}"),
    ];

    private async Task TakeUpAsync(ConsensusOptions now, CancellationToken cancel)
    {
        var restart = NeedRestart(started, now);
        if (restart.Count > 0) Log.NeedsRestart(logger, string.Join(", ", restart));
        var outcome = await tuning.ApplyAsync("its configuration", _ => HotSettings.Of(now), cancel);
        switch (outcome)
        {
            case TuningOutcome.InForce inForce:
                tuning.Reread(now);
                if (!inForce.Changed && restart.Count == 0) Log.ReloadedNothing(logger);
                break;
            case TuningOutcome.Illegal illegal:
                Log.ReloadRefused(logger, string.Join(' ', illegal.Problems));
                break;
            case TuningOutcome.Unsafe unsafely:
                Log.ReloadRefused(logger, unsafely.Reason);
                break;
            default:
                Log.ReloadRefused(logger, "The voter stops.");
                break;
        }
    }

    private static bool IsSame(object? one, object? other) =>
        one is IEnumerable several and not string && other is IEnumerable others
            ? several.Cast<object>().SequenceEqual(others.Cast<object>())
            : Equals(one, other);
}

/// <summary>
/// SIGHUP, from when this is made: without it the signal ends a process, also one that is starting. One that comes
/// before it is read, or while the configuration is, is one more read; more of them are the same.
/// </summary>
internal sealed class HangupSignal : IDisposable
{
    private readonly Channel<PosixSignal> _asked = Channel.CreateBounded<PosixSignal>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly PosixSignalRegistration _registration;

    public HangupSignal() => _registration = PosixSignalRegistration.Create(PosixSignal.SIGHUP, hangup =>
    {
        hangup.Cancel = true;
        _asked.Writer.TryWrite(hangup.Signal);
    });

    public IAsyncEnumerable<PosixSignal> ReadAsync(CancellationToken cancel) => _asked.Reader.ReadAllAsync(cancel);

    public void Dispose() => _registration.Dispose();
}

/// <summary>At SIGHUP the configuration is read again, once the voter has started.</summary>
internal sealed class Hangup(ConfigurationReload reload, HangupSignal signal) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var _ in signal.ReadAsync(stoppingToken)) await reload.ReloadAsync(stoppingToken);
    }
}
