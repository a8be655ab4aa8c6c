using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Recovery.Protocol.Tests.World;

/// <summary>
/// Consensus, the directory, hosts and Recoveries in virtual time. After every step it demands that no slot has two
/// copies: one counts until its host itself has stopped it, and whatever became of its session, unless the node was
/// fenced under the generation of that host.
/// </summary>
internal sealed class TwinWorld(RecoveryOptions options, Action<string> say)
{
    private const int StepsAtOnceMax = 1_000;

    public TwinConsensus Consensus { get; } = new();

    public TwinDirectory Directory { get; } = new(say);

    public List<TwinHost> Hosts { get; } = [];

    public SortedDictionary<ClusterId, TwinShell> Shells { get; } = [];

    public Instant Now { get; private set; } = Instant.Zero + TimeSpan.FromHours(10);

    public TwinShell AddShell(string cluster)
    {
        var id = new ClusterId(cluster);
        return Shells[id] = new TwinShell(this, id, options);
    }

    public TwinHost AddHost(NodeId node, int capacity)
    {
        var facts = Consensus.Node(node);
        var session = Consensus.Open(node);
        var host = new TwinHost(node, facts.Cluster, facts.Generation, session, capacity) { ReportsAt = Now };
        Hosts.Add(host);
        return host;
    }

    public TwinHost HostOf(NodeId node) => Hosts.Last(host => host.Node == node);

    public void Nudge(NodeId node, Instant now)
    {
        foreach (var host in Hosts.Where(host => host.Node == node)) host.ReportsAt = now;
    }

    /// <summary>Somebody with the token reports for a node under a session that was never opened.</summary>
    public void Forge(TwinHost host) => Shells[host.Cluster].Post(new RecoveryInput.Reported(host.Report() with
    {
        Session = new SessionId(new Token(ulong.MaxValue)),
        Slots = ImmutableDictionary<SlotId, HostedSlot>.Empty,
    }));

    /// <summary>What a host said over the bus about one slot arrives, whenever it was said.</summary>
    public void Confirm(TwinHost host, SlotId slot, Epoch epoch, HostedStage stage) => Shells[host.Cluster].Post(
        new RecoveryInput.Confirmed(host.Node, slot, new HostedSlot(epoch, stage)));

    public void Run(TimeSpan span)
    {
        var until = Now + span;
        var standing = 0;
        Settle();
        while (NextAt() is { } next && next <= until)
        {
            standing = next > Now ? 0 : standing + 1;
            standing.ShouldBeLessThan(StepsAtOnceMax, $"time stands still at {Now}");
            Now = Instant.Max(Now, next);
            foreach (var shell in Shells.Values.Where(shell => shell.WakeAt <= Now).ToArray())
                shell.Post(new RecoveryInput.Tick());
            Settle();
            foreach (var host in Hosts.Where(host => host.ReportsAt <= Now).ToArray()) Report(host);
            Settle();
        }

        Now = until;
    }

    private bool IsFenced(TwinHost host) => Consensus.Node(host.Node).Fence is { } fence
        && fence.Generation >= host.Generation;

    private Instant? NextAt() => Shells.Values.Select(shell => shell.WakeAt)
        .Concat(Hosts.Select(host => (Instant?)host.ReportsAt))
        .Min();

    private void Settle()
    {
        foreach (var shell in Shells.Values) shell.Settle(Now);
        DemandOneCopy();
    }

    private void Report(TwinHost host)
    {
        host.ReportsAt = Now + TwinHost.Interval;
        if (host.IsDead || host.IsMute) return;
        if (!host.IsCut && !Consensus.IsAlive(host.Session))
        {
            host.StopAll();
            return;
        }

        if (!Shells.TryGetValue(host.Cluster, out var shell)) return;
        if (shell.Hear(host.Report(), Now) is { } orders) host.Obey(orders);
    }

    private void DemandOneCopy()
    {
        var copies = Hosts
            .Where(host => !IsFenced(host))
            .SelectMany(host => host.Active.Select(slot => (Slot: slot, host.Node)))
            .GroupBy(copy => copy.Slot);
        foreach (var slot in copies)
        {
            slot.Count().ShouldBe(
                1, $"{slot.Key} runs on {string.Join(" and ", slot.Select(copy => copy.Node))} at {Now}");
        }
    }
}
