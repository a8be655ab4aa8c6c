using Holdfast.Primitives;

namespace Holdfast.Gossip.Protocol.Tests;

/// <summary>
/// Many nodes, one virtual clock, one seed. Datagrams go through the real codec, take time, and may be lost, repeated,
/// held up or cut off. Steps of 25 ms: every node ticks, then everything due is delivered.
/// </summary>
internal sealed class SimulatedNetwork(int seed, GossipOptions? options = null)
{
    public static readonly TimeSpan StepLength = TimeSpan.FromMilliseconds(25);
    private static readonly ulong BootMilliseconds = 1_800_000_000_000;

    private readonly Random _random = new(seed);
    private readonly SortedDictionary<string, SimulatedNode> _nodes = new(StringComparer.Ordinal);
    private readonly PriorityQueue<(string From, PeerAddress To, byte[] Bytes), (long At, long Order)> _wire = new();
    private readonly HashSet<(string From, string To)> _cuts = [];
    private readonly byte[] _buffer = new byte[65_536];
    private long _order;

    public Instant Now { get; private set; } = Instant.Zero + TimeSpan.FromSeconds(1);

    public GossipOptions Options { get; } = options ?? new GossipOptions();

    /// <summary>Chance that a datagram is lost.</summary>
    public double Loss { get; set; }

    /// <summary>Chance that a datagram arrives twice.</summary>
    public double Repeats { get; set; }

    public TimeSpan DelayMax { get; set; } = TimeSpan.FromMilliseconds(5);

    /// <summary>The delay between clusters.</summary>
    public TimeSpan WanDelay { get; set; } = TimeSpan.FromMilliseconds(40);

    public int PacketBytesLargest { get; private set; }

    public long BytesSent { get; private set; }

    public List<(Instant At, string Agent, PeerChange Change)> Changes { get; } = [];

    public List<(Instant At, string Agent, FenceWanted Fence)> Fences { get; } = [];

    /// <summary>What Consensus answers; null: no answer comes.</summary>
    public Func<string, FenceWanted, FenceResult?> AnswerFence { get; set; } = (_, _) => FenceResult.Fenced;

    /// <summary>How soon Consensus wants to be asked again; null: it does not say.</summary>
    public TimeSpan? FenceRetryAfter { get; set; }

    public IEnumerable<SimulatedNode> Live => _nodes.Values.Where(node => node.IsRunning);

    public SimulatedNode this[string name] => _nodes[name];

    public SimulatedNode Boot(string name, string cluster, string? seedNode = null, ulong? generation = null)
    {
        var identity = new GossipIdentity
        {
            Node = new NodeId(name),
            Cluster = new ClusterId(cluster),
            Rack = "r1",
            Address = AddressOf(name),
            Seeds = seedNode is null ? [] : [AddressOf(seedNode)],
        };
        var booted = new Generation(generation ?? BootMilliseconds + (ulong)Now.Ticks / TimeSpan.TicksPerMillisecond);
        var core = new GossipNode(identity, Options, booted, new Random(_random.Next()), Now);
        return _nodes[name] = new SimulatedNode(name, cluster, core);
    }

    public void Kill(params string[] names)
    {
        foreach (var name in names) _nodes[name].IsRunning = false;
    }

    /// <summary>What one side sends is not heard by the other.</summary>
    public void Cut(string from, string to) => _cuts.Add((from, to));

    public void Heal() => _cuts.Clear();

    public void Run(TimeSpan time)
    {
        for (var end = Now + time; Now < end;) Advance();
    }

    /// <summary>Runs until the condition holds; fails by saying what did not happen.</summary>
    public TimeSpan RunUntil(Func<bool> condition, TimeSpan atMost, string what)
    {
        var start = Now;
        while (!condition())
        {
            if (Now - start > atMost) throw new TimeoutException($"Within {atMost} of virtual time: {what}");
            Advance();
        }

        return Now - start;
    }

    public PeerState? StateAt(string agent, string peer) =>
        _nodes[agent].Core.View(Now).FirstOrDefault(view => view.Record.Node.Value == peer)?.Record.State;

    public PeerView ViewAt(string agent, string peer) =>
        _nodes[agent].Core.View(Now).First(view => view.Record.Node.Value == peer);

    public bool AllSee(PeerState state, string peer) =>
        Live.Where(node => node.Name != peer).All(node => StateAt(node.Name, peer) == state);

    public bool IsWhole() => Live.All(agent => Live.All(peer => StateAt(agent.Name, peer.Name) == PeerState.Up));

    public void Give(string name, GossipInput input)
    {
        var node = _nodes[name];
        Carry(node, node.Core.Step(input, Now));
    }

    /// <summary>A datagram as an attacker would send it: any bytes, from anywhere.</summary>
    public void Deliver(string to, byte[] bytes) => Receive(_nodes[to], new PeerAddress("10.6.6.6:6"), bytes);

    private void Advance()
    {
        Now += StepLength;
        while (_wire.TryPeek(out _, out var due) && due.At <= Now.Ticks)
        {
            var (from, to, bytes) = _wire.Dequeue();
            var name = to.Value.Split(':')[0];
            if (_nodes.TryGetValue(name, out var node)) Receive(node, AddressOf(from), bytes);
        }

        foreach (var node in _nodes.Values.ToList())
        {
            if (node.IsRunning && !node.IsPaused) Carry(node, node.Core.Step(new GossipInput.Tick(), Now));
        }
    }

    private void Receive(SimulatedNode node, PeerAddress from, byte[] bytes)
    {
        if (!node.IsRunning) return;
        if (node.IsPaused)
        {
            node.Waiting.Enqueue((from, bytes));
            return;
        }

        while (node.Waiting.TryDequeue(out var waiting)) Take(node, waiting.From, waiting.Bytes);
        Take(node, from, bytes);
    }

    private void Take(SimulatedNode node, PeerAddress from, byte[] bytes)
    {
        if (PacketCodec.TryRead(bytes, 0, out var packet) == PacketStatus.Complete)
            Carry(node, node.Core.Step(new GossipInput.Received(packet!, from), Now));
    }

    private void Carry(SimulatedNode node, GossipOutput output)
    {
        foreach (var change in output.Changes) Changes.Add((Now, node.Name, change));
        foreach (var outgoing in output.Send) Send(node, outgoing);
        foreach (var fence in output.Fences)
        {
            Fences.Add((Now, node.Name, fence));
            if (AnswerFence(node.Name, fence) is not { } result) continue;
            var answer = new GossipInput.FenceAnswered(fence.Peer.Node, fence.Peer.Generation, result, FenceRetryAfter);
            Carry(node, node.Core.Step(answer, Now));
        }
    }

    private void Send(SimulatedNode node, Outgoing outgoing)
    {
        var length = PacketCodec.Write(outgoing.Packet, 0, _buffer);
        PacketBytesLargest = Math.Max(PacketBytesLargest, length + PacketSeal.Bytes);
        BytesSent += length;
        var to = outgoing.To.Value.Split(':')[0];
        if (_cuts.Contains((node.Name, to)) || _random.NextDouble() < Loss) return;
        var copies = _random.NextDouble() < Repeats ? 2 : 1;
        for (var i = 0; i < copies; i++)
        {
            var isFar = _nodes.TryGetValue(to, out var target) && target.Cluster != node.Cluster;
            var at = Now + (DelayMax * _random.NextDouble()) + (isFar ? WanDelay : TimeSpan.Zero);
            _wire.Enqueue((node.Name, outgoing.To, _buffer[..length]), (at.Ticks, _order++));
        }
    }

    private static PeerAddress AddressOf(string name) => new($"{name}:7001");
}

internal sealed class SimulatedNode(string name, string cluster, GossipNode core)
{
    public string Name => name;

    public string Cluster => cluster;

    public GossipNode Core => core;

    public bool IsRunning { get; set; } = true;

    /// <summary>Stopped as a whole, like a suspended machine: nothing ticks, datagrams wait.</summary>
    public bool IsPaused { get; set; }

    public Queue<(PeerAddress From, byte[] Bytes)> Waiting { get; } = new();
}
