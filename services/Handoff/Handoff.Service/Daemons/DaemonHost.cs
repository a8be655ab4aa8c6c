using Holdfast.Contracts.Http;
using Holdfast.Handoff.Service.Agent;
using Holdfast.Handoff.Service.Events;
using Holdfast.Hosting;

namespace Holdfast.Handoff.Service.Daemons;

/// <summary>All daemons of the node, each with its own keeper, from the start of the host to its end.</summary>
internal sealed class DaemonHost(KeeperParts parts, HandoffLedger ledger, ILoggerFactory loggers)
    : BackgroundService, ISnapshotSource, IReadinessCheck
{
    private readonly IReadOnlyList<DaemonKeeper> _keepers =
    [
        .. parts.Options.Daemons.Select(
            daemon => new DaemonKeeper(daemon, parts, loggers.CreateLogger<DaemonKeeper>())),
    ];

    private FileStream? _lock;

    public string Name => "daemons";

    public AgentClient Agent => parts.Agent;

    public IReadOnlyList<DaemonAnswer> All() => [.. _keepers.Select(keeper => keeper.Answer)];

    public DaemonKeeper? Find(string name) => _keepers.FirstOrDefault(keeper => keeper.Name.Value == name);

    public HandoffAnswer? Handoff(Guid id) => ledger.Find(new Wire.HandoffId(id));

    public object Snapshot() => new HandoffSnapshot { Node = parts.Node.Id.Value, Daemons = All() };

    /// <summary>Ready once every daemon serves or is being handed over.</summary>
    public string? WaitsFor()
    {
        var idle = All().Where(daemon => daemon.State is not ("serving" or "handing")).ToList();
        return idle.Count == 0
            ? null
            : string.Join(", ", idle.Select(daemon => $"the daemon {daemon.Name}, which is {daemon.State}"));
    }

    public string? Warning() => parts.Agent.Trouble;

    /// <summary>Opens journals and listeners before the host counts as started: wrong ones stop the start.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        var folder = Path.GetFullPath(parts.Options.StateDirectory);
        try
        {
            System.IO.Directory.CreateDirectory(folder);
            _lock = new FileStream(
                Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException(
                $"Handoff:StateDirectory is '{folder}'; wanted is a folder of this supervisor's own.", failure);
        }

        foreach (var keeper in _keepers) await keeper.BeginAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        foreach (var keeper in _keepers) keeper.Dispose();
        _lock?.Dispose();
        base.Dispose();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(_keepers.Select(keeper => Task.Run(() => keeper.RunAsync(stoppingToken), CancellationToken.None)));
}
