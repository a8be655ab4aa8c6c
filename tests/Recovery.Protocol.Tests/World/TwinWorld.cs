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
    private const int StrayMsMax = 4_000;
    private const int CallMsMax = 1_500;

    private readonly List<(Instant At, Action Do)> _later = [];
    private ulong _forged;

    public TwinConsensus Consensus { get; } = new();

    public TwinDirectory Directory { get; } = new(say);

    /// <summary>
    /// Where it is given, calls and their answers take time, hosts tell of slots over the bus, late, and some of their
    /// reports arrive once more, late.
    /// </summary>
    public Random? Delays { get; init; }

    /// <summary>What the Recoveries get wrong.</summary>
    public Fault Fault { get; init; } = Fault.None;

    public List<TwinHost> Hosts { get; } = [];

    public SortedDictionary<ClusterId, TwinShell> Shells { get; } = [];

    public Instant Now { get; private set; } = Instant.Zero + TimeSpan.FromHours(10);

    public TwinShell AddShell(string cluster)
    {
        var id = new ClusterId(cluster);
        return Shells[id] = new TwinShell(this, id, options) { Fault = Fault };
    }

    public TwinHost AddHost(NodeId node, int capacity)
    {
        var facts = Consensus.Node(node);
        var session = Consensus.Open(node);
        var host = new TwinHost(node, facts.Cluster, facts.Generation, session, capacity)
        {
            ReportsAt = Now,
            Tell = (slot, hosted) => Stray(facts.Cluster, new RecoveryInput.Confirmed(node, slot, hosted)),
        };
        Hosts.Add(host);
        return host;
    }

    public TwinHost HostOf(NodeId node) => Hosts.Last(host => host.Node == node);

    public void Nudge(NodeId node, Instant now)
    {
        foreach (var host in Hosts.Where(host => host.Node == node)) host.ReportsAt = now;
    }

    /// <summary>Somebody with the token reports for a node under a session that was never opened.</summary>
    public void Forge(TwinHost host)
    {
        var forged = new RecoveryInput.Reported(host.Report() with
        {
            Session = new SessionId(new Token(Fault.ForgedFrom + _forged++)),
            Slots = ImmutableDictionary<SlotId, HostedSlot>.Empty,
        });
        Shells[host.Cluster].Post(forged);
        Stray(host.Cluster, forged);
    }

    /// <summary>Carries a call out and answers it: at once, or each in its time.</summary>
    public void Carry(Func<RecoveryInput> call, Action<RecoveryInput> answer)
    {
        if (Delays is null || Delays.Next(2) == 0) answer(call());
        else
        {
            Later(CallMsMax, () =>
            {
                var ended = call();
                Later(CallMsMax, () => answer(ended));
            });
        }
    }

    /// <summary>What a host said over the bus about one slot arrives, whenever it was said.</summary>
    public void Confirm(TwinHost host, SlotId slot, Epoch epoch, HostedStage stage) => Shells[host.Cluster].Post(
        new RecoveryInput.Confirmed(host.Node, slot, new HostedSlot(epoch, stage)));

    /// <summary>What is called running came up under that epoch, and its host has not told that it ended.</summary>
    public void DemandItCameUp(GroupCall.Put call)
    {
        foreach (var slot in call.Writes.Select(write => write.New).Where(slot => slot.State == SlotState.Running))
        {
            var id = new SlotId(call.Group, slot.Index);
            Hosts.Exists(host => host.Node == slot.Node && host.IsUp(id, slot.Epoch)).ShouldBeTrue(
                $"{id} is called running on {slot.Node} under {slot.Epoch.Token.Index}.{slot.Epoch.Counter}");
        }
    }

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
            foreach (var due in _later.Where(due => due.At <= Now).ToArray())
            {
                _later.Remove(due);
                due.Do();
            }

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
        .Concat(_later.Select(due => (Instant?)due.At))
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
        var report = host.Report();
        if (Delays?.Next(8) == 0) Stray(host.Cluster, new RecoveryInput.Reported(report));
        if (shell.Hear(report, Now) is not { } orders) return;
        host.WasHeard(report);
        host.Obey(orders);
    }

    private void Stray(ClusterId to, RecoveryInput input)
    {
        if (Delays is not null) Later(StrayMsMax, () => Shells[to].Post(input));
    }

    private void Later(int msMax, Action what) =>
        _later.Add((Now + TimeSpan.FromMilliseconds(Delays!.Next(msMax)), what));


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
