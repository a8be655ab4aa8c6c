using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Service.Coordination;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Hosting;

namespace Holdfast.Consensus.Service.Leading;

/// <summary>
/// Tells the bus what the log says, in the order of the log, each at least once. The log is the outbox: what is owed is
/// part of the state, and that something was announced is an entry too, so a new leader goes on where the last one was
/// known to be. While the bus is away everything waits, and nothing else does.
/// </summary>
internal sealed class Announcer(
    CoordinationMachine machine,
    CoordinationLog log,
    IEventPublisher publisher,
    AnnouncementEvents events,
    LeaderClock clock)
{
    /// <summary>
    /// Announcements between two records of how far it came, and the rest of the last one's entry: entries are recorded
    /// whole, and one alone may announce more.
    /// </summary>
    private const int BatchMax = 64;

    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(5);

    /// <summary>A publisher that neither confirms nor throws would hold up everything behind it.</summary>
    private static readonly TimeSpan PublishDeadline = TimeSpan.FromSeconds(10);

    public async Task RunAsync(CancellationToken cancel)
    {
        var pause = PauseMin;
        var confirmed = machine.Current.AnnouncedIndex;
        while (!cancel.IsCancellationRequested)
        {
            var changed = machine.Changed;
            var state = machine.Current;
            Telemetry.Owed.Record(state.Outbox.Count);
            var owed = Batch(state.Outbox, confirmed);
            if (owed.Count == 0 && confirmed <= state.AnnouncedIndex)
            {
                await changed.WaitAsync(cancel);
                continue;
            }

            var failure = await PublishAsync(owed, cancel);
            if (ConfirmedIndex(owed, failure) is var upTo && upTo > confirmed) confirmed = upTo;
            if (confirmed > state.AnnouncedIndex && !await TryRecordAsync(confirmed, cancel))
                await clock.PauseAsync(PauseMin, cancel);
            if (failure is null)
            {
                if (pause > PauseMin) Log.AnnouncementsResumed(clock.Logger, machine.Current.Outbox.Count);
                pause = PauseMin;
                continue;
            }

            Log.AnnouncementFailed(
                clock.Logger,
                failure.Why,
                failure.At.Change.GetType().Name,
                failure.At.Index.Value,
                machine.Current.Outbox.Count,
                pause);
            await clock.PauseAsync(pause, cancel);
            pause = TimeSpan.FromTicks(Math.Min(PauseMax.Ticks, pause.Ticks * 2));
        }
    }

    private async Task<bool> TryRecordAsync(LogIndex upTo, CancellationToken cancel)
    {
        var record = new CoordinationCommand.RecordAnnounced(upTo);
        return await log.ProposeAsync(record, traceParent: null, cancel) is ProposeOutcome.Applied;
    }

    private async Task<Failure?> PublishAsync(List<Announcement> owed, CancellationToken cancel)
    {
        foreach (var announcement in owed)
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            deadline.CancelAfter(PublishDeadline);
            try
            {
                await publisher.PublishAsync(
                    events.ToEvent(announcement), announcement.TraceParent, deadline.Token);
                Telemetry.Announced.Add(1);
            }
            catch (Exception why) when (!cancel.IsCancellationRequested)
            {
                Telemetry.AnnouncementsFailed.Add(1);
                return new Failure(announcement, why);
            }
        }

        return null;
    }

    private static List<Announcement> Batch(IEnumerable<Announcement> outbox, LogIndex confirmed)
    {
        List<Announcement> batch = [];
        foreach (var announcement in outbox)
        {
            if (announcement.Index <= confirmed) continue;
            if (batch.Count >= BatchMax && announcement.Index != batch[^1].Index) break;
            batch.Add(announcement);
        }

        return batch;
    }

    /// <summary>The last entry of which every announcement is confirmed.</summary>
    private static LogIndex ConfirmedIndex(List<Announcement> owed, Failure? failure) => failure is null
        ? owed.Select(announcement => announcement.Index).LastOrDefault()
        : owed.Select(announcement => announcement.Index).LastOrDefault(index => index < failure.At.Index);

    private sealed record Failure(Announcement At, Exception Why);
}
