using Holdfast.Consensus.Protocol.Alerts;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Service.Alerts;
using Holdfast.Consensus.Service.Coordination;
using Holdfast.Consensus.Service.Http;
using Holdfast.Consensus.Service.Leading;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Consensus.Storage;
using Holdfast.Hosting;
using Holdfast.Primitives;
using Microsoft.AspNetCore.Connections;

namespace Holdfast.Consensus.Service;

/// <summary>
/// A voter of Consensus as part of a host. Needs <c>AddHoldfastDefaults</c> and <c>AddHoldfastBus</c>; several voters
/// may live in one process, each in a host of its own.
/// </summary>
public static class ConsensusService
{
    public static void AddConsensus(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var node = builder.AddHoldfastOptions<NodeOptions>(NodeOptions.Section);
        var options = builder.AddHoldfastOptions<ConsensusOptions>(
            ConsensusOptions.Section, options => ConsensusRules.Problems(options, node.Id));
        var services = builder.Services;
        services.AddSingleton<CoordinationMachine>();
        services.AddSingleton(provider => new RaftHost(
            HostOptions(options, node),
            provider.GetRequiredService<CoordinationMachine>(),
            provider.GetRequiredService<IMonotonicClock>(),
            provider.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton<CoordinationLog>();
        services.AddSingleton<SessionKeeper>();
        services.AddSingleton<LeaderClock>();
        services.AddSingleton(_ => new AnnouncementEvents(node.Id));
        services.AddSingleton<Announcer>();
        services.AddSingleton<LinkAlarms>();
        services.AddSingleton<LeaderGate>();
        services.AddSingleton(_ => LossReports.PerSecond(LossReports.PerSecondMax));
        services.AddSingleton<BackupTurn>();
        services.AddSingleton<Tuning>();
        services.AddSingleton<ConfigurationReload>();
        services.AddSingleton<ElectionStreams>();
        services.AddSingleton<LocalView>();
        services.AddSingleton<ISnapshotSource>(provider => provider.GetRequiredService<LocalView>());
        services.AddSingleton<IReadinessCheck, LeaderKnown>();
        services.AddSingleton<IReadinessCheck, LayoutSafe>();
        services.AddSingleton<IReadinessCheck, LogWhole>();
        services.AddSingleton<IReadinessCheck, AlertsTold>();
        services.AddSingleton<AlertBoard>();
        services.AddSingleton<AlertFeed>();

        // Before Raft starts, so that a start that is refused can be told; and it stops after everything else.
        services.AddHostedService(provider => provider.GetRequiredService<AlertFeed>());
        services.AddHostedService<Introduction>();
        services.AddHostedService<RaftStart>();
        services.AddHostedService<RaftWatch>();
        services.AddHostedService<LeaderDuties>();
        services.AddHostedService<BusHints>();
        services.AddHostedService<AlertWatch>();
    }

    /// <summary>
    /// SIGHUP makes the voter read its configuration again, in the place of ending the process: from this call on, also
    /// while the voter starts, after which it is read. For a process that is a voter and nothing else; call it after
    /// <see cref="AddConsensus"/>.
    /// </summary>
    public static void ReloadOnHangup(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var signal = new HangupSignal();
        builder.Services.AddSingleton(_ => signal);
        builder.Services.AddHostedService<Hangup>();
    }

    public static void MapConsensus(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.MapSessions();
        app.MapElections();
        app.MapFences();
        app.MapDefinitions();
        app.MapDirectoryLosses();
        app.MapMembers();
        app.MapStatus();
        app.MapTransfer();
        app.MapBackup();
        app.MapConfig();
        app.MapSnapshots();
    }

    internal static RaftHostOptions HostOptions(ConsensusOptions options, NodeOptions node) => new()
    {
        Node = node.Id,
        Group = options.Group,
        Voters = [.. options.Voters.Select(VoterOf)],
        Join = options.Join,
        Listen = options.Listen,
        DataDirectory = options.DataDirectory,
        CorruptionPolicy = options.CorruptionPolicy,
        IsRestored = options.Generation > ConsensusOptions.FirstGeneration,
        Secret = options.SecretFile is { } file ? ConsensusRules.ReadSecret(file) : default,
        Tls = options.Tls,
        Raft = HotSettings.Of(options).ToHotOptions().Over(new RaftOptions
        {
            ElectionTimeoutMin = options.ElectionTimeoutMin,
            ElectionTimeoutMax = options.ElectionTimeoutMax,
            ReserveWait = options.ReserveWait,
            ElectionHints = options.ElectionHints,
            LeaseReads = options.LeaseReads,
            ClockDriftMax = options.ClockDriftMax,
        }),
    };

    private static RaftVoter VoterOf(VoterOptions voter)
    {
        var (host, port) = ConsensusRules.HostAndPort(voter.RaftAddress)!.Value;
        return new RaftVoter(voter.Node, host, port)
        {
            Domain = voter.Domain,
            HttpAddress = voter.HttpAddress.ToString().TrimEnd('/'),
        };
    }
}

/// <summary>Says at the start who this voter is and what is wrong with the layout.</summary>
internal sealed class Introduction(
    ConsensusOptions options, NodeOptions node, ILogger<Introduction> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        var voters = string.Join(", ", options.Voters.Select(voter => $"{voter.Node} ({voter.Domain})"));
        Log.Starting(logger, node.Id.Value, voters, options.DataDirectory, options.Generation);
        if (VoterLayout.Of(options.Voters).Problem is { } problem) Log.UnsafeLayout(logger, problem);
        if (VoterLayout.WarningOf(options.Voters) is { } warning) Log.UnsafeLayout(logger, warning);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>Starts Raft; what an operator can mend is said in a sentence, not as a stack trace.</summary>
internal sealed class RaftStart(RaftHost raft, AlertBoard board, AlertFeed feed) : IHostedLifecycleService
{
    // A bus that is away must not hold up the end of a start that is refused.
    private static readonly TimeSpan TellMax = TimeSpan.FromSeconds(3);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await raft.StartAsync(cancellationToken);
        }
        catch (RaftListenException taken)
        {
            throw new IOException(
                $"Consensus:Listen: {taken.Message}", new AddressInUseException(taken.Message, taken));
        }
        catch (Exception unusable) when (unusable is DataDirectoryInUseException or DataDirectoryForeignException
            or LogCorruptException or LaterFormatException or IOException or UnauthorizedAccessException)
        {
            if (unusable is LogCorruptException) await TellCorruptionAsync(unusable.Message, cancellationToken);
            throw new InvalidDataException("Consensus:DataDirectory cannot be used.", unusable);
        }
    }

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>While everything still serves, so that whoever asks meanwhile is told the next leader.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken) =>
        raft.StepAsideAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => raft.StopAsync(cancellationToken);

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task TellCorruptionAsync(string what, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(TellMax);
        board.Report(AlertKind.CorruptionFound, $"{raft.Options.Node} did not start: {what}");
        await feed.DrainAsync(deadline.Token);
    }
}

/// <summary>A voter whose log or state machine failed must not go on looking alive.</summary>
internal sealed class RaftWatch(RaftHost raft, IHostApplicationLifetime life) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await raft.Completion.WaitAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return;
        }

        // A failure goes to the host, which stops and says so with its exit code.
        life.StopApplication();
    }
}

/// <summary>A voter is ready when it can say who leads.</summary>
internal sealed class LeaderKnown(RaftHost raft) : IReadinessCheck
{
    public string Name => "consensus";

    public string? WaitsFor() => raft.Status is { Leader: null } status
        ? $"waits for a leader: a majority of {status.Members.Voters.Length} voters must reach each other, " +
            $"term {status.Term}"
        : null;
}

/// <summary>A layout that cannot lose a site works until it does, so it is told and nothing waits for it.</summary>
internal sealed class LayoutSafe(RaftHost raft) : IReadinessCheck
{
    public string Name => "voter layout";

    public string? WaitsFor() => null;

    public string? Warning() => VoterLayout.Of(raft.Status.Members).Problem;
}

/// <summary>A voter without all of its log serves, but the group bears one loss less until it has it again.</summary>
internal sealed class LogWhole(RaftHost raft) : IReadinessCheck
{
    public string Name => "log";

    public string? WaitsFor() => null;

    public string? Warning() => ProblemOf(raft.Status);

    /// <summary>What is wrong with the log, and what became of it; null for one that is as it should be.</summary>
    public static string? ProblemOf(RaftStatus status) => (status.IsRecovering, status.Damage) switch
    {
        (false, null) => null,
        (true, null) =>
            "a part of the log was lost at an earlier start and is not back yet: this voter does not vote" +
            Alone(status),
        (true, { } damage) =>
            $"{Words(damage)}; this voter does not vote until it has the rest from the others again{Alone(status)}",
        (false, { } damage) => $"{Words(damage)}; the rest came from the others again. Look at the disk",
    };

    // Who was added later is named by the log only, and they dial this voter: it need not be lost.
    private static string Alone(RaftStatus status) =>
        status.Members.Voters is [var only] && only == status.Node && !status.Members.IsJoint
            ? ". What is left of the log names no other voter; if there was never one, restore the group from a backup"
            : "";

    private static string Words(LogDamage damage) =>
        $"the log was damaged: '{damage.File}' at byte {damage.Offset}: {damage.What}. It was kept up to entry " +
        $"{damage.KeptUpTo}";
}
