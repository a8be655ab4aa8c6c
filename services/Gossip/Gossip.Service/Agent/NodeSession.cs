using Holdfast.Client;
using Holdfast.Gossip.Protocol;
using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Gossip.Service;

/// <summary>
/// The session of this node in Consensus: while it is kept alive nobody can fence the node. It belongs to one
/// generation; a fenced one can open none, so the node then takes a higher generation and opens another.
/// </summary>
internal sealed class NodeSession(
    ConsensusClient consensus,
    NodeOptions node,
    GossipServiceOptions options,
    GossipMembers members,
    TimeProvider time,
    ILogger<NodeSession> logger) : IReadinessCheck
{
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(500);

    private string? _waitsFor = "a session of this node: Consensus has not answered yet";
    private HoldfastSession? _session;

    public string Name => "consensus";

    public string? WaitsFor()
    {
        if (Volatile.Read(ref _session) is { } session)
            return session.IsAlive() ? null : "the session of this node: its keep-alives are not acknowledged";
        return Volatile.Read(ref _waitsFor);
    }

    /// <summary>Keeps a session open for whatever generation the node has, until cancelled; then closes it.</summary>
    /// <param name="fenced">Told that the generation is fenced.</param>
    /// <param name="stopping">Ends it.</param>
    public async Task RunAsync(Action<Generation> fenced, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            if (members.Current.Self is not { Record.State: not PeerState.Left } self)
            {
                await UntilAsync(members.Changed, stopping);
                continue;
            }

            var generation = self.Record.Generation;
            if (await TryOpenAsync(generation, fenced, stopping) is not { } session)
            {
                await UntilAsync(Task.Delay(Retry, time, stopping), stopping);
                continue;
            }

            await using (session)
            {
                Volatile.Write(ref _session, session);
                Log.SessionOpened(logger, session.Id.ToString(), generation.Value);
                await HoldAsync(session, generation, fenced, stopping);
                Volatile.Write(ref _waitsFor, "a new session of this node");
                Volatile.Write(ref _session, null);
            }
        }
    }

    private async Task<HoldfastSession?> TryOpenAsync(
        Generation generation, Action<Generation> fenced, CancellationToken stopping)
    {
        var wanted = new HoldfastSessionOptions
        {
            Cluster = node.Cluster,
            Node = node.Id,
            Generation = generation,
            Name = $"gossip/{node.Id}",
            Agent = true,
            Ttl = options.SessionTtl,
            KeepAlive = options.SessionKeepAlive,
        };
        try
        {
            return await HoldfastSession.OpenAsync(consensus, wanted, stopping);
        }
        catch (ConsensusRefusedException exception)
        {
            if (exception.Refusal.Reason == ConsensusRefusalReason.NodeFenced) fenced(generation);
            Wait(exception.Message);
        }
        catch (ConsensusUnavailableException exception)
        {
            Wait(exception.Message);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return null;
        }

        return null;
    }

    private async Task HoldAsync(
        HoldfastSession session, Generation generation, Action<Generation> fenced, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            if (session.LostReason.IsCompleted)
            {
                var loss = await session.LostReason;
                Log.SessionLost(logger, loss.Detail);
                if (loss.Reason is ConsensusRefusalReason.SessionRevoked or ConsensusRefusalReason.NodeFenced)
                    fenced(generation);
                return;
            }

            if (members.Current.Self?.Record is not { } self || self.Generation != generation) return;
            await UntilAsync(Task.WhenAny(session.LostReason, members.Changed), stopping);
        }
    }

    private void Wait(string problem)
    {
        Volatile.Write(ref _waitsFor, $"a session of this node: {problem}");
        Log.SessionNotOpened(logger, problem);
    }

    private static async Task UntilAsync(Task task, CancellationToken stopping)
    {
        try
        {
            await task.WaitAsync(stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return;
        }
    }
}
