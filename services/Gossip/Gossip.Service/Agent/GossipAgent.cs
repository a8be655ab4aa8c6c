using System.Net;
using System.Threading.Channels;
using Holdfast.Gossip.Protocol;
using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Gossip.Service;

/// <summary>
/// The shell of one agent: a socket, a mailbox and one loop that owns the core. The loop waits for nothing but its
/// mailbox; calls to Consensus run beside it and come back as inputs.
/// </summary>
internal sealed class GossipAgent(
    GossipServiceOptions options,
    GossipMembers members,
    AgentParts parts,
    TimeProvider time,
    ILogger<GossipAgent> logger) : BackgroundService
{
    // A leave is told this often: each time goes to every peer, and one datagram may be lost.
    private const int LeaveRepeats = 3;
    private static readonly TimeSpan LeaveDeadline = TimeSpan.FromSeconds(3);

    private readonly Channel<GossipInput> _mailbox = Channel.CreateBounded<GossipInput>(
        new BoundedChannelOptions(options.MailboxMax) { SingleReader = true });

    private readonly IMonotonicClock _clock = parts.Clock;
    private readonly PacketGate _gate = new(options.Network, SealOf(options));
    private readonly CancellationTokenSource _sessionEnd = new();
    private DatagramSocket _socket = null!;
    private AddressBook _addresses = null!;
    private GossipNode _node = null!;
    private Instant _nextView;
    private int _tickWaits;

    /// <summary>Where the agent listens; known once it has started.</summary>
    public IPEndPoint LocalEndPoint => _socket.LocalEndPoint;

    /// <summary>Binds before the host counts as started, so that a taken port stops the start.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        _socket = new DatagramSocket(options.Listen);
        _addresses = new AddressBook(_clock, _socket.Family, logger);
        var identity = new GossipIdentity
        {
            Node = parts.Node.Id,
            Cluster = parts.Node.Cluster,
            Rack = parts.Node.Rack ?? "",
            Address = await OwnAddress.OfAsync(options, _socket.LocalEndPoint, cancellationToken),
            HttpAddress = options.HttpAdvertise?.ToString() ?? "",
            Seeds = [.. options.Seeds.Select(seed => new PeerAddress(seed))],
        };
        var booted = new Generation((ulong)time.GetUtcNow().ToUnixTimeMilliseconds());
        _node = new GossipNode(identity, options, booted, new Random(), _clock.Now());
        Log.Started(
            logger, identity.Node.Value, identity.Cluster.Value, booted.Value, _socket.LocalEndPoint.ToString(),
            identity.Address.Value);
        if (options.SecretFile is null && !IPAddress.IsLoopback(_socket.LocalEndPoint.Address))
            Log.Unsealed(logger, _socket.LocalEndPoint.ToString());
        Publish(_clock.Now());
        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        var isRunning = ExecuteTask is { IsCompleted: false };
        if (options.LeaveOnStop && isRunning) await LeaveAsync("stopped", cancellationToken);
        await base.StopAsync(cancellationToken);
    }

    /// <summary>
    /// Announces the leave to peers, bus and Consensus. Best effort: whoever is deaf to it notices a silence.
    /// </summary>
    public async Task LeaveAsync(string reason, CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(LeaveDeadline);
        var isFirst = members.Current.Self is not { Record.State: PeerState.Left };
        try
        {
            for (var i = 0; i < LeaveRepeats; i++)
            {
                var changed = members.Changed;
                await _mailbox.Writer.WriteAsync(new GossipInput.Leave(reason), deadline.Token);
                await changed.WaitAsync(deadline.Token);
            }

            if (!isFirst || members.Current.Self is not { } self) return;
            Log.OwnLeave(logger, reason);
            await parts.Fences.CallAsync(new FenceWanted(self.Record, [], TimeSpan.Zero, false), deadline.Token);
            await _sessionEnd.CancelAsync();
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            // The peers that heard of it see to the fence.
            Log.LeaveUnfinished(logger);
        }
    }

    public override void Dispose()
    {
        _socket?.Dispose();
        _sessionEnd.Dispose();
        base.Dispose();
    }

    /// <summary>Ends when the host stops, or with the first exception of any part: then the host stops too.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        using var session = CancellationTokenSource.CreateLinkedTokenSource(ending.Token, _sessionEnd.Token);
        Task[] running =
        [
            Task.Run(() => _socket.ReceiveAsync(_gate, Take, ending.Token), CancellationToken.None),
            Task.Run(() => TickAsync(ending.Token), CancellationToken.None),
            Task.Run(() => LoopAsync(ending.Token), CancellationToken.None),
            Task.Run(
                () => parts.Session.RunAsync(Fenced, session.Token), CancellationToken.None),
        ];
        // The session ends by itself after a leave; nothing else ends before the stop.
        await Task.WhenAny(Task.WhenAny(running[..3]), Fails(running[3]));
        await ending.CancelAsync();
        await Task.WhenAll(running);
    }

    private static PacketSeal? SealOf(GossipServiceOptions options) =>
        options.SecretFile is { } file ? new PacketSeal(GossipRules.ReadSecret(file)) : null;

    private static async Task Fails(Task task)
    {
        await task;
        await Task.Delay(Timeout.Infinite, CancellationToken.None);
    }

    private void Take(Packet packet, PeerAddress from)
    {
        if (!_mailbox.Writer.TryWrite(new GossipInput.Received(packet, from))) PacketGate.Drop("mailbox_full");
    }

    private void Fenced(Generation generation) => _mailbox.Writer.TryWrite(new GossipInput.Fenced(generation));

    /// <summary>Fixed delays: after a stall there is one tick and not a burst of them.</summary>
    private async Task TickAsync(CancellationToken stopping)
    {
        var pause = options.LanInterval / 4;
        try
        {
            while (!stopping.IsCancellationRequested)
            {
                await Task.Delay(pause, time, stopping);
                if (Interlocked.Exchange(ref _tickWaits, 1) == 0)
                    await _mailbox.Writer.WriteAsync(new GossipInput.Tick(), stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return;
        }
    }

    private async Task LoopAsync(CancellationToken stopping)
    {
        try
        {
            await foreach (var input in _mailbox.Reader.ReadAllAsync(stopping))
            {
                if (input is not GossipInput.Tick)
                {
                    Step(input, stopping);
                    continue;
                }

                // What has arrived is heard before silences are judged.
                var waiting = _mailbox.Reader.Count;
                for (; waiting > 0 && _mailbox.Reader.TryRead(out var earlier); waiting--) Step(earlier, stopping);
                Volatile.Write(ref _tickWaits, 0);
                Step(input, stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return;
        }
    }

    private void Step(GossipInput input, CancellationToken stopping)
    {
        var now = _clock.Now();
        var output = _node.Step(input, now);
        if (output.Dropped is { } reason) PacketGate.Count(reason);
        if (output.OwnPause is { } pause)
        {
            Telemetry.Pauses.Record(pause.TotalSeconds);
            Log.OwnPause(logger, pause);
        }

        if (output.HasNewGeneration) Log.GenerationRaised(logger, _node.Self.Generation.Value);
        foreach (var outgoing in output.Send)
        {
            if (_addresses.Find(outgoing.To) is { } endPoint) _socket.Send(outgoing.Packet, endPoint, _gate);
            else PacketGate.Drop("unresolved");
        }

        foreach (var change in output.Changes)
        {
            members.Note(change, time.GetUtcNow().UtcDateTime);
            parts.Announcer.Announce(change);
        }

        foreach (var fence in output.Fences) _ = FenceAsync(fence, stopping);
        var isNews = output.Changes.Length > 0 || output.HasNewGeneration || input is GossipInput.Leave;
        if (isNews || now >= _nextView) Publish(now);
    }

    private async Task FenceAsync(FenceWanted fence, CancellationToken stopping)
    {
        try
        {
            await _mailbox.Writer.WriteAsync(await parts.Fences.CallAsync(fence, stopping), stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return;
        }
    }

    private void Publish(Instant now)
    {
        _nextView = now + options.LanInterval;
        var view = _node.View(now);
        members.Publish(view);
        foreach (var peer in view.Where(peer => peer.SilentFor is not null))
        {
            Telemetry.Phi.Record(
                Math.Min(peer.Phi, 1_000), new KeyValuePair<string, object?>("peer", peer.Record.Node.Value));
        }

        foreach (var state in Enum.GetValues<PeerState>())
        {
            Telemetry.Members.Record(
                view.Count(peer => peer.Record.State == state),
                new KeyValuePair<string, object?>("state", Words.Of(state)));
        }
    }
}

/// <summary>What an agent works with.</summary>
internal sealed record AgentParts(
    NodeOptions Node, IMonotonicClock Clock, NodeSession Session, FenceCaller Fences, ChangeAnnouncer Announcer);
