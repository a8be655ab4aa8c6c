using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Service.Coordination;
using Holdfast.Contracts;
using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Leading;

/// <summary>
/// Says that a link is sick where a conviction was contradicted by the convicted node's own keep-alives. The reporter
/// repeats its conviction for as long as it holds it, so one alarm per link and <see cref="Pause"/> is enough.
/// </summary>
internal sealed class LinkAlarms(
    CoordinationMachine machine,
    SessionKeeper keeper,
    StateEventOutbox outbox,
    NodeOptions self,
    IMonotonicClock clock,
    TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>Links whose last alarm is remembered; beyond it all are forgotten, at the price of a repeat.</summary>
    private const int LinksMax = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Instant> _lastAlarms = new(StringComparer.Ordinal);
    private ulong _counter;

    public void Raise(CoordinationCommand.FenceNode fence, TimeSpan keptAliveAgo, string? traceParent)
    {
        var subject = $"link/{fence.Node}/{fence.Reporter}";
        if (keeper.Term is not { } term || NextOf(subject) is not { } counter) return;

        // A later term is a higher major, so that the alarms of a new leader are not taken for old ones.
        var generation = machine.Current.ConsensusGeneration;
        var sequence = EventIdentity.Sequence(Token.Mint(generation, term.NoOp.Value).Value, counter);
        outbox.Enqueue(
            new LinkDegraded
            {
                EventId = EventIdentity.IdOf<LinkDegraded>(subject, sequence),
                OccurredAt = time.GetUtcNow().UtcDateTime,
                Source = $"consensus/{self.Id}",
                Subject = subject,
                Sequence = sequence,
                FromNodeId = fence.Node.Value,
                ToNodeId = fence.Reporter.Value,
                Generation = fence.Generation.Value,
                Direction = "inbound",
                SilentForMs = (long)fence.SilentFor.TotalMilliseconds,
                KeptAliveAgoMs = (long)keptAliveAgo.TotalMilliseconds,
            },
            traceParent);
    }

    /// <summary>The number of the alarm to raise now; null where the last one of this link is young.</summary>
    private ulong? NextOf(string subject)
    {
        lock (_gate)
        {
            var now = clock.Now();
            if (_lastAlarms.TryGetValue(subject, out var last) && now - last < Pause) return null;
            if (_lastAlarms.Count >= LinksMax) _lastAlarms.Clear();
            _lastAlarms[subject] = now;
            return ++_counter;
        }
    }
}
