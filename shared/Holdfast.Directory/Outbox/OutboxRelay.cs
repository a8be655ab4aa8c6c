using Holdfast.Contracts;
using Holdfast.Primitives;
using Microsoft.Extensions.Logging;

namespace Holdfast.Directory;

/// <summary>
/// Publishes the outboxes of the shards that this process owns: per shard in order, one unconfirmed event at a time,
/// at least once. What was confirmed is trimmed under the owner's grant; where another token is installed the relay of
/// that shard stops until it is given a newer one.
/// </summary>
/// <remarks>
/// Two relays of one shard, while their owners disagree, repeat events to each other's; they lose none, because each
/// trims only what it has published itself.
/// </remarks>
public sealed class OutboxRelay
{
    private readonly ShardRelay[] _shards;
    private readonly RelayHold _hold;

    /// <summary>A relay that owns nothing yet.</summary>
    /// <param name="directory">Where the outboxes are.</param>
    /// <param name="publish">
    /// Completes once the bus has the event; throws when it has not, and then the event is tried again. The text is
    /// the W3C trace context that caused the change, or null.
    /// </param>
    /// <param name="options">Its pace.</param>
    /// <param name="logger">Where failures are told.</param>
    /// <param name="mind">Looks after the memory of the shards, at every read; null: nobody does.</param>
    public OutboxRelay(
        IGrainDirectory directory,
        Func<IEvent, string?, CancellationToken, Task> publish,
        OutboxRelayOptions options,
        ILogger<OutboxRelay> logger,
        MindShard? mind = null)
    {
        ArgumentNullException.ThrowIfNull(directory);
        _hold = new RelayHold(options.HoldMax, options.HoldIdleMax, TimeProvider.System);
        var work = new RelayWork(directory, publish, mind ?? ((_, _, _) => Task.FromResult(false)), _hold);
        _shards =
        [
            .. Enumerable.Range(0, directory.Shards).Select(shard =>
                new ShardRelay(shard, work, options, logger, TimeProvider.System)),
        ];
    }

    /// <summary>
    /// What this process owns from now on. Call it again with every change of the shards and every advance of the
    /// token; repeating what is known changes nothing.
    /// </summary>
    /// <param name="shards">All owned shards; others are left alone from now on.</param>
    /// <param name="election">The election of the owner.</param>
    /// <param name="token">Its newest token, which the relay installs where it is not installed yet.</param>
    public void Own(IEnumerable<int> shards, ElectionName election, Token token)
    {
        DirectoryArguments.DemandElection(election);
        DirectoryArguments.DemandToken(token);
        var owned = shards.ToHashSet();
        foreach (var shard in owned) DirectoryArguments.DemandShard(shard, _shards.Length);
        for (var shard = 0; shard < _shards.Length; shard++)
            _shards[shard].Own(owned.Contains(shard) ? new RelayGrant(election, token) : null);
    }

    /// <summary>Owns nothing from now on.</summary>
    public void Disown()
    {
        foreach (var shard in _shards) shard.Own(null);
    }

    /// <summary>Says that a shard has something new, so that its relay need not find out by itself.</summary>
    public void Nudge(int shard)
    {
        DirectoryArguments.DemandShard(shard, _shards.Length);
        _hold.Progressed();
        _shards[shard].Nudge();
    }

    /// <summary>
    /// Nothing is read and nothing published until <see cref="Release"/>, for
    /// <see cref="OutboxRelayOptions.HoldMax"/>, or until nothing new was told for
    /// <see cref="OutboxRelayOptions.HoldIdleMax"/>: for who needs Redis and the processors more, for a moment.
    /// </summary>
    public void Hold() => _hold.Begin();

    /// <summary>What was held back goes on.</summary>
    public void Release() => _hold.End();

    /// <summary>Relays until cancelled.</summary>
    public Task RunAsync(CancellationToken cancel) => Task.WhenAll(_shards.Select(shard => shard.RunAsync(cancel)));
}

/// <summary>Under what a relay trims.</summary>
/// <param name="Election">The election of the owner.</param>
/// <param name="Token">Its newest token.</param>
public sealed record RelayGrant(ElectionName Election, Token Token);

/// <summary>
/// Told at every read what a shard says of itself. Does what that calls for, and answers whether something was done and
/// the shard is worth another look at once. Meanwhile the relay of the shard waits; other shards do not.
/// </summary>
public delegate Task<bool> MindShard(ShardAnswer seen, RelayGrant grant, CancellationToken cancel);

/// <summary>What relays work on and with.</summary>
internal sealed record RelayWork(
    IGrainDirectory Directory, Func<IEvent, string?, CancellationToken, Task> Publish, MindShard Mind, RelayHold Hold);
