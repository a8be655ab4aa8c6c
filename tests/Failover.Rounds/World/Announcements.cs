using Holdfast.Contracts;
using Holdfast.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Failover.Rounds.World;

/// <summary>
/// A subscriber that keeps every announcement of a change in the order in which it came, repeated ones too. Each type
/// has a queue of its own, so there is no order between types.
/// </summary>
internal sealed class Announcements : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly EventBus _bus;
    private readonly IAsyncDisposable[] _subscriptions;
    private readonly List<Announcement> _heard = [];
    private readonly HashSet<int> _lost = [];
    private Func<Announcement, bool> _isMissed = static _ => false;

    public Announcements(BusOptions options)
    {
        _bus = EventBus.Open(options, NullLoggerFactory.Instance);
        _subscriptions =
        [
            On<GrainClaimed>(claimed => new Announcement(
                claimed, claimed.Shard, claimed.Grains, claimed.ToCluster, claimed.Holder)),
            On<GrainPromoted>(promoted => new Announcement(
                promoted, promoted.Shard, promoted.Grains, promoted.ToCluster, null)),
            On<GrainReleased>(released => new Announcement(released, released.Shard, released.Grains, null, null)),
            On<GrainDemoted>(demoted => new Announcement(demoted, demoted.Shard, demoted.Grains, null, null)),
            On<GrainTransferred>(transferred => new Announcement(
                transferred, transferred.Shard, transferred.Grains, transferred.ToCluster, transferred.Holder)),
            _bus.Subscribe<DirectoryMemoryLost>("rounds", (loss, _, _) =>
            {
                lock (_lock) _lost.Add(loss.Shard);
                return Task.CompletedTask;
            }),
        ];
    }

    /// <summary>What was heard since the round began.</summary>
    public IReadOnlyList<Announcement> Heard
    {
        get
        {
            lock (_lock) return [.. _heard];
        }
    }

    /// <summary>The shards whose memory was said to be lost since the round began.</summary>
    public IReadOnlyCollection<int> Lost
    {
        get
        {
            lock (_lock) return [.. _lost];
        }
    }

    /// <summary>Completes once it hears.</summary>
    public Task WhenReadyAsync() => Task.WhenAll(_subscriptions.Select(_bus.WhenReadyAsync));

    /// <summary>A new round.</summary>
    /// <param name="isMissed">Whether the recorder is to miss this one: a mistake that the checks must find.</param>
    public void Begin(Func<Announcement, bool> isMissed)
    {
        lock (_lock)
        {
            _isMissed = isMissed;
            _heard.Clear();
            _lost.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var subscription in _subscriptions) await subscription.DisposeAsync();
        await _bus.DisposeAsync();
    }

    private IAsyncDisposable On<T>(Func<T, Announcement> read)
        where T : class, IEvent => _bus.Subscribe<T>("rounds", (message, _, _) =>
    {
        var announcement = read(message);
        lock (_lock)
            if (!_isMissed(announcement)) _heard.Add(announcement);
        return Task.CompletedTask;
    });
}

/// <summary>A change of grains of one shard, as the bus carries it.</summary>
internal sealed record Announcement(
    IEvent Event, int Shard, IReadOnlyList<GrainChange> Grains, string? ToCluster, string? Holder)
{
    public string Type => Event.GetType().Name;
}
