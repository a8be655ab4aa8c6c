using System.Threading.Channels;
using Holdfast.Consensus.Protocol.Alerts;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Contracts;
using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Alerts;

/// <summary>
/// Publishes alerts in the order they were told, each until the bus has confirmed it, with growing pauses while it does
/// not. In memory, and bounded: beyond <see cref="OwedMax"/> the oldest goes, and the newest says what holds. The
/// shared outbox is no place for them: it keeps the newest of a subject, and what happened in between has no other
/// trace.
/// </summary>
internal sealed class AlertFeed(
    ConsensusOptions options, IEventPublisher publisher, BusOptions bus, TimeProvider time, ILogger<AlertFeed> logger)
    : BackgroundService
{
    public const int OwedMax = 256;

    private readonly Channel<ConsensusAlert> _owed = Channel.CreateBounded<ConsensusAlert>(
        new BoundedChannelOptions(OwedMax) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
        static _ => Telemetry.AlertsDropped.Add(1));

    // Above the places of a generation in tokens, whose order that of alerts follows.
    private const int GenerationShift = 48;

    private ulong _lastCounter;

    /// <summary>
    /// Rises with the generation, then with the term, then with the counter. A term carries the generation itself since
    /// a group can be restored, so only the rest of it counts. It may be 0: a voter has alerts before it knows a term.
    /// </summary>
    internal static string SequenceOf(ushort generation, Term term, ulong counter) =>
        EventIdentity.Sequence(((ulong)generation << GenerationShift) | term.InGeneration, counter);

    /// <summary>Never waits. One caller at a time.</summary>
    public void Owe(Alert alert, NodeId self)
    {
        var now = time.GetUtcNow();

        // A restart goes on in the same term, with a later time: so a voter's own alerts are ordered over its lives.
        _lastCounter = Math.Max(_lastCounter + 1, (ulong)now.UtcTicks / TimeSpan.TicksPerMicrosecond);
        var subject = $"consensus/{self}";
        var sequence = SequenceOf(options.Generation, alert.Term, _lastCounter);
        _owed.Writer.TryWrite(new ConsensusAlert
        {
            EventId = EventIdentity.IdOf<ConsensusAlert>(subject, sequence),
            OccurredAt = now.UtcDateTime,
            Source = $"consensus/{self}",
            Subject = subject,
            Sequence = sequence,
            NodeId = self.Value,
            Kind = Words.Of(alert.Kind),
            Evidence = alert.Evidence,
            Term = alert.Term.Value,
            AboutNodeId = alert.About?.Value,
            PreviousLeader = alert.PreviousLeader?.Value,
            Voters = alert.Voters,
            Reachable = alert.Reachable,
            LagEntries = alert.LagEntries,
            Standing = [.. alert.Standing.Select(AlertBoard.TextOf)],
        });
    }

    /// <summary>Goes on publishing what is owed for <see cref="BusOptions.DrainTime"/>.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(bus.DrainTime);
        await DrainAsync(deadline.Token);
        await base.StopAsync(cancellationToken);
    }

    /// <summary>Takes no more, and returns when nothing is owed or nobody waits any longer.</summary>
    public async Task DrainAsync(CancellationToken cancel)
    {
        _owed.Writer.TryComplete();
        if (ExecuteTask is not { } publishing) return;
        try
        {
            await publishing.WaitAsync(cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            Log.AlertsLeft(logger, _owed.Reader.Count + 1);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var alert in _owed.Reader.ReadAllAsync(stoppingToken))
        {
            for (var failures = 0; !await TryPublishAsync(alert, failures, stoppingToken); failures++)
                await Task.Delay(bus.PauseAfter(failures), time, stoppingToken);
        }
    }

    private async Task<bool> TryPublishAsync(ConsensusAlert alert, int failures, CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(2 * bus.PublishDeadline);
        try
        {
            await publisher.PublishAsync(alert, traceParent: null, deadline.Token);
            return true;
        }
        catch (Exception failure) when (!cancel.IsCancellationRequested)
        {
            if (failures == 0) Log.AlertNotPublished(logger, failure, alert.Kind, _owed.Reader.Count + 1);
            return false;
        }
    }
}
