using System.Collections.Immutable;
using System.Threading.Channels;
using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>
/// Tells watchers of the beginning and end of this voter's leadership. The beginning is told once the term's no-op is
/// applied: before it, the state machine may lack what earlier terms committed.
/// </summary>
internal sealed class LeadershipFeed
{
    public const int BacklogMax = 256;

    private ImmutableList<Channel<LeadershipChange>> _watchers = [];
    private readonly Lock _gate = new();
    private LeadershipTurn? _unannounced;
    private LeadershipChange.BecameLeader? _current;
    private bool _closed;

    public void Turned(LeadershipTurn turn)
    {
        if (turn.Leads)
        {
            _unannounced = turn;
            return;
        }

        _unannounced = null;
        if (_current is not null) Publish(new LeadershipChange.LostLeadership(turn.Term), current: null);
    }

    public void Applied(LogIndex upTo)
    {
        if (_unannounced is null || upTo < _unannounced.NoOp) return;
        var became = new LeadershipChange.BecameLeader(_unannounced.Term, _unannounced.NoOp);
        _unannounced = null;
        Publish(became, became);
    }

    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            foreach (var watcher in _watchers) watcher.Writer.TryComplete();
        }
    }

    public async IAsyncEnumerable<LeadershipChange> WatchAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var channel = Channel.CreateBounded<LeadershipChange>(
            new BoundedChannelOptions(BacklogMax) { FullMode = BoundedChannelFullMode.DropOldest });
        Subscribe(channel);
        try
        {
            await foreach (var change in channel.Reader.ReadAllAsync(cancellationToken)) yield return change;
        }
        finally
        {
            lock (_gate) _watchers = _watchers.Remove(channel);
        }
    }

    private void Subscribe(Channel<LeadershipChange> channel)
    {
        lock (_gate)
        {
            if (_current is not null) channel.Writer.TryWrite(_current);
            if (_closed) channel.Writer.TryComplete();
            _watchers = _watchers.Add(channel);
        }
    }

    private void Publish(LeadershipChange change, LeadershipChange.BecameLeader? current)
    {
        lock (_gate)
        {
            _current = current;
            foreach (var watcher in _watchers) watcher.Writer.TryWrite(change);
        }
    }
}
