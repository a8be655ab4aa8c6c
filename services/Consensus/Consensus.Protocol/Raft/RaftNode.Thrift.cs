using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Raft;

/// <content>
/// Thrift (Moraru et al., EPaxos, SOSP 2013, section 6.2): an entry goes at once to as many voters as a majority needs,
/// and to the others a little later, with what came meanwhile. So they take one message and one flush for many entries,
/// and where voters share a machine, or its disk, none of that is in the way of the answer. It decides only when
/// something is sent. Should those that were asked first not answer, the others are asked when the time is up.
/// </content>
public sealed partial class RaftNode
{
    /// <summary>The first moment at which something that was kept back can be sent.</summary>
    private Instant? KeptBackUntil
    {
        get
        {
            Instant? first = null;
            foreach (var follower in _followers.Values)
            {
                // Without room its next answer has it sent.
                if (follower.KeptBackSince is { } since && (first is null || since < first) &&
                    follower.HasRoom(_options))
                    first = since;
            }

            return first + _options.ReserveWait;
        }
    }

    private bool IsKeptBack(FollowerProgress follower)
    {
        if (follower.Next > _log.LastIndex || !IsReserve(follower))
        {
            follower.KeptBackSince = null;
            return false;
        }

        follower.KeptBackSince ??= _now;
        return _now < follower.KeptBackSince + _options.ReserveWait;
    }

    /// <summary>
    /// Whether a majority can do without it. Those whose disks hold most are asked first: so whoever is slow is in
    /// reserve as soon as another overtakes it. Who lags far behind is to catch up, and waits for nothing.
    /// </summary>
    private bool IsReserve(FollowerProgress follower)
    {
        if (_options.ReserveWait == TimeSpan.Zero || _transfer is not null || Members.IsJoint ||
            !follower.IsStreaming || !Members.IsVoter(follower.Node) || !Members.IsVoter(Self) ||
            _log.Commit.Value > follower.Match.Value + (ulong)_options.AppendEntriesMax)
            return false;
        var before = 0;
        foreach (var other in _followers.Values)
            if (IsAnswering(other) && IsBefore(other, follower)) before++;
        return before >= Members.Voters.Length / 2;
    }

    private bool IsAnswering(FollowerProgress follower) => Members.IsVoter(follower.Node) && follower.IsStreaming &&
        _now - follower.LastContact < 2 * _options.Heartbeat;

    private static bool IsBefore(FollowerProgress one, FollowerProgress other) =>
        one.Match != other.Match ? one.Match > other.Match
        : one.Next != other.Next ? one.Next > other.Next
        : one.Node.CompareTo(other.Node) < 0;
}
