using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Recovery.Protocol.Tests.World;

/// <summary>
/// Something that a Recovery gets wrong, on purpose: it stands between the world and the machine, and passes on what a
/// machine with that bug would have concluded. What a checker is worth is shown by the faults that it sees.
/// </summary>
internal abstract class Fault
{
    /// <summary>Sessions from here on were never opened.</summary>
    public const ulong ForgedFrom = 1UL << 60;

    public static readonly Fault None = new Nothing();

    /// <summary>What it takes an observation for, holding the election by that token.</summary>
    public virtual Observation See(Observation seen, Token held, TwinWorld world) => seen;

    /// <summary>What it takes an input for.</summary>
    public virtual RecoveryInput Hear(RecoveryInput input) => input;

    /// <summary>Reports that it makes up for hosts, from what it observes.</summary>
    public virtual IEnumerable<HostReport> Conclude(Observation seen, IEnumerable<TwinHost> hosts) => [];

    private sealed class Nothing : Fault;

    /// <summary>
    /// The end of a host's session is taken for the end of what it runs: built anew beside a live copy, where the host
    /// only lost Consensus.
    /// </summary>
    public sealed class EndOfSessionIsCertain : Fault
    {
        public override IEnumerable<HostReport> Conclude(Observation seen, IEnumerable<TwinHost> hosts) => hosts
            .Where(host => seen.IsOver(host.Session))
            .Select(host => host.Report() with { Slots = ImmutableDictionary<SlotId, HostedSlot>.Empty });
    }

    /// <summary>Earlier processes of a node are forgotten when the holder changes.</summary>
    public sealed class PredecessorsAreForgotten : Fault
    {
        public override Observation See(Observation seen, Token held, TwinWorld world)
        {
            var newest = seen.HostSessions.GroupBy(session => seen.Sessions.GetValueOrDefault(session))
                .Select(node => node.Max());
            return seen with
            {
                HostSessions = [.. newest, .. seen.HostSessions.Where(session => session.Opened > held)],
            };
        }
    }

    /// <summary>
    /// Where a slot is placed, the fence that its node is back from is overlooked, and the slot gets a token below that
    /// fence. Then it is taken for lost with it.
    /// </summary>
    public sealed class FenceBeforeIsOverlooked : Fault
    {
        public override Observation See(Observation seen, Token held, TwinWorld world) => seen with
        {
            Nodes = seen.Nodes.ToImmutableSortedDictionary(
                node => node.Key,
                node => node.Value is { IsLive: true, Fence.Token: var fence } && !IsPlacedBelow(world, node.Key, fence)
                    ? node.Value with { Fence = null }
                    : node.Value),
        };

        private static bool IsPlacedBelow(TwinWorld world, NodeId node, Token fence) =>
            world.Directory.Slots.Any(record => record.Slot.Node == node && record.Slot.Epoch.Token < fence);
    }

    /// <summary>What is told over the bus counts as the newest word, however late it comes.</summary>
    public sealed class LateWordIsNewest : Fault
    {
        private readonly Dictionary<NodeId, HostReport> _newest = [];

        public override RecoveryInput Hear(RecoveryInput input)
        {
            if (input is RecoveryInput.Reported { Report: var report })
            {
                if (!_newest.TryGetValue(report.Node, out var known) || IsLater(report, known))
                    _newest[report.Node] = report;
                return input;
            }

            if (input is not RecoveryInput.Confirmed late) return input;
            if (!_newest.TryGetValue(late.Node, out var last)) return input;
            return new RecoveryInput.Reported(_newest[late.Node] = last with
            {
                Sequence = last.Sequence + 1,
                Slots = last.Slots.SetItem(late.Slot, late.Hosted),
            });
        }
    }

    private static bool IsLater(HostReport report, HostReport other) => report.Session == other.Session
        ? report.Sequence > other.Sequence
        : report.Session > other.Session;

    /// <summary>A report is taken under whatever session it comes.</summary>
    public sealed class AnySessionIsGenuine : Fault
    {
        private readonly Dictionary<SessionId, NodeId?> _forged = [];

        public override RecoveryInput Hear(RecoveryInput input)
        {
            if (input is RecoveryInput.Reported { Report: var report } && report.Session.Opened.Value >= ForgedFrom)
                _forged[report.Session] = report.Node;
            return input;
        }

        public override Observation See(Observation seen, Token held, TwinWorld world) => seen with
        {
            Sessions = seen.Sessions.AddRange(_forged),
            HostSessions = seen.HostSessions.Union(_forged.Keys),
        };
    }
}
