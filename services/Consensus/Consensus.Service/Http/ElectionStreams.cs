using System.Runtime.CompilerServices;
using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Service.Coordination;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Contracts.Http;

namespace Holdfast.Consensus.Service.Http;

/// <summary>
/// Elections as they change, from the leader's applied state. A stream begins with the election as it is, so that one
/// who comes back needs no memory, and ends when the client leaves, the voter leads no more, or the host stops.
/// </summary>
internal sealed class ElectionStreams(RaftHost raft, CoordinationMachine machine, IHostApplicationLifetime life)
{
    /// <summary>Each open stream looks at every entry of the log.</summary>
    public const int OpenMax = 1_000;

    private int _open;

    public bool IsFull => Volatile.Read(ref _open) >= OpenMax;

    public async IAsyncEnumerable<ElectionAnswer> FollowAsync(
        Func<CoordinationState, ElectionAnswer?> show, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, life.ApplicationStopping);
        Interlocked.Increment(ref _open);
        var over = LeadershipLostAsync(stop.Token);
        try
        {
            ElectionAnswer? said = null;
            while (raft.Status.Role == RaftRole.Leader)
            {
                var changed = machine.Changed;
                if (show(machine.Current) is not { } now) break;
                if (said is null || !IsSame(said, now)) yield return said = now;
                if (await Task.WhenAny(changed, over) == over) break;
            }
        }
        finally
        {
            Interlocked.Decrement(ref _open);
            await stop.CancelAsync();
            await over;
        }
    }

    private async Task LeadershipLostAsync(CancellationToken stop)
    {
        try
        {
            await foreach (var change in raft.WatchLeadershipAsync(stop))
                if (change is LeadershipChange.LostLeadership) return;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The stream ends for another reason.
        }
    }

    private static bool IsSame(ElectionAnswer said, ElectionAnswer now) =>
        said == now with { Queue = said.Queue } && said.Queue.SequenceEqual(now.Queue, StringComparer.Ordinal);
}
