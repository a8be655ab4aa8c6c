using System.Diagnostics;
using Holdfast.Contracts;
using Microsoft.Extensions.Logging;

namespace Holdfast.Directory;

/// <summary>The relay of one shard: one loop, one owner of its state.</summary>
internal sealed class ShardRelay(
    int shard, RelayWork work, OutboxRelayOptions options, ILogger logger, TimeProvider time)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _nudged = NewSignal();

    // Set by the owner under the lock; the loop takes it over at the start of a step.
    private RelayGrant? _grant;

    // Set by the loop under the lock: whether its last step found nothing in its way.
    private bool _isAtWork;

    // What the loop knows of the shard. Invariant: _trimmed <= _published.
    private RelayGrant? _used;
    private RelayGrant? _installed;
    private RelayGrant? _refused;
    private string _gen = "";
    private ulong _published;
    private ulong _trimmed;

    private enum Outcome
    {
        /// <summary>There was something, and there may be more.</summary>
        Moved,

        /// <summary>Nothing to publish now.</summary>
        Idle,

        /// <summary>Nothing to do before the owner says something new.</summary>
        Stopped,

        /// <summary>The shard does not take part now: not opened, or being told again what it forgot.</summary>
        Unwell,
    }

    public void Own(RelayGrant? grant)
    {
        lock (_lock)
        {
            if (_grant == grant) return;

            // A newer token is nothing to do until there is something to trim.
            var isOnlyNewer = _isAtWork && grant?.Election == _grant?.Election;
            _grant = grant;
            if (!isOnlyNewer) _nudged.TrySetResult();
        }
    }

    public void Nudge()
    {
        lock (_lock) _nudged.TrySetResult();
    }

    public async Task RunAsync(CancellationToken cancel)
    {
        var idle = options.PollIntervalMin;
        var retry = options.RetryIntervalMin;
        while (!cancel.IsCancellationRequested)
        {
            TimeSpan? pause;
            var signal = Task.CompletedTask;
            try
            {
                await work.Hold.WaitAsync(cancel);
                signal = TakeSignal();
                var outcome = await StepAsync(cancel);
                retry = options.RetryIntervalMin;
                if (outcome == Outcome.Moved) idle = options.PollIntervalMin;
                pause = outcome switch
                {
                    _ when IsOvertakenBy(outcome) => TimeSpan.Zero,
                    Outcome.Moved => TimeSpan.Zero,
                    Outcome.Idle => idle,
                    Outcome.Unwell => options.PollIntervalMax,
                    _ => null,
                };
                if (outcome == Outcome.Idle) idle = Min(idle * 2, options.PollIntervalMax);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                // Whatever the bus or the directory threw: the event is still in the outbox.
                Telemetry.PublishFailures.Add(1, new KeyValuePair<string, object?>(
                    Telemetry.ErrorType, error.GetType().Name));
                Log.RelayFailed(logger, GrainShard.Name(shard), _published, retry.TotalMilliseconds, error);
                IsOvertakenBy(Outcome.Unwell);
                pause = retry;
                retry = Min(retry * 2, options.RetryIntervalMax);
            }

            if (pause != TimeSpan.Zero) await WaitAsync(signal, pause, cancel);
        }
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>
    /// The signal that ends the next pause; what was signalled before it is seen by the step before it.
    /// </summary>
    private Task TakeSignal()
    {
        lock (_lock)
        {
            if (_nudged.Task.IsCompleted) _nudged = NewSignal();
            return _nudged.Task;
        }
    }

    /// <summary>
    /// What a step came to; true when it hangs on a grant that is another by now, for which nobody may have nudged.
    /// </summary>
    private bool IsOvertakenBy(Outcome outcome)
    {
        lock (_lock)
        {
            _isAtWork = outcome is Outcome.Moved or Outcome.Idle;
            return !_isAtWork && _grant != _used;
        }
    }

    private async Task WaitAsync(Task signal, TimeSpan? pause, CancellationToken cancel)
    {
        try
        {
            // Not cancelled when the signal is first: at most a few seconds long, and there is one at a time.
            if (pause is { } known) await Task.WhenAny(signal, Task.Delay(known, time, cancel));
            else await signal.WaitAsync(cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return;
        }
    }

    private async Task<Outcome> StepAsync(CancellationToken cancel)
    {
        RelayGrant? grant;
        lock (_lock) grant = _used = _grant;
        if (grant is null || grant == _refused) return Outcome.Stopped;
        if (grant.Election != _installed?.Election)
        {
            // Before anything is installed: what is unwell may be mended first.
            var shardNow = await work.Directory.ShardAsync(shard, cancel);
            if (await work.Mind(shardNow, grant, cancel)) return Outcome.Moved;
            if (await InstallAsync(grant, cancel) is { } failed) return failed;
        }

        var page = await work.Directory.ReadOutboxAsync(shard, _published, options.PageEntriesMax, cancel);
        if (await work.Mind(SeenIn(page), grant, cancel)) return Outcome.Moved;
        if (page.Status != DirectoryStatus.Ok)
        {
            _installed = null;
            return Outcome.Unwell;
        }

        if (page.Version.Gen != _gen || page.Version.Seq < _published)
        {
            // Another memory, or one that went back: its sequences are not those that were published.
            var isFirst = _gen.Length == 0;
            (_gen, _published, _trimmed) = (page.Version.Gen, 0, 0);
            if (!isFirst) return Outcome.Moved;
        }

        // Only now: in another memory the same sequences are events that nobody has heard of. A memory lost after
        // this takes the installed grant along, and so refuses the trim.
        if (_trimmed < _published && await TrimAsync(grant, cancel) is { } refused) return refused;

        Telemetry.OutboxAge.Record(
            page.Entries.Count == 0 ? 0 : AgeOf(page.Entries[0]),
            new TagList { { Telemetry.Shard, GrainShard.Name(shard) } });
        foreach (var entry in page.Entries) await PublishAsync(entry, cancel);
        if (page.Entries.Count == 0) return Outcome.Idle;
        return await TrimAsync(grant, cancel) ?? Outcome.Moved;
    }

    private ShardAnswer SeenIn(OutboxPage page) => new(shard, page.Status, page.Version, page.Floor)
    {
        Run = page.Run,
        Process = page.Process,
    };

    private async Task<Outcome?> InstallAsync(RelayGrant grant, CancellationToken cancel)
    {
        var answer = await work.Directory.InstallGrantAsync(shard, grant.Election, grant.Token, cancel);
        return Judge(answer, grant, () => _installed = grant);
    }

    private async Task<Outcome?> TrimAsync(RelayGrant grant, CancellationToken cancel)
    {
        var upTo = _published;
        var answer = await work.Directory.TrimOutboxAsync(shard, grant.Election, grant.Token, upTo, cancel);
        return Judge(answer, grant, () => _trimmed = upTo);
    }

    private Outcome? Judge(ShardAnswer answer, RelayGrant grant, Action carriedOut)
    {
        switch (answer.Status)
        {
            case DirectoryStatus.Ok:
                carriedOut();
                return null;
            case DirectoryStatus.GrantSuperseded when answer.Bound < grant.Token:
                // The own token is newer than the installed one, or the grant is lost with the shard's memory: all is
                // looked at anew before it is installed.
                _installed = null;
                return Outcome.Moved;
            case DirectoryStatus.GrantSuperseded or DirectoryStatus.BelowFloor:
                _refused = grant;
                _installed = null;
                Log.RelaySuperseded(logger, GrainShard.Name(shard), grant.Token.ToString(), answer.Bound.ToString());
                return Outcome.Stopped;
            default:
                _installed = null;
                return Outcome.Unwell;
        }
    }

    private async Task PublishAsync(OutboxEntry entry, CancellationToken cancel)
    {
        IEvent message;
        try
        {
            message = OutboxEvents.Decode(shard, entry);
        }
        catch (Exception malformed) when (malformed is FormatException or OverflowException)
        {
            // No script that this program knows wrote it. Events are hints: one that nobody can read must not hold up
            // the others, nor fill the outbox, which would refuse every claim in the end.
            Telemetry.PublishFailures.Add(1, new KeyValuePair<string, object?>(Telemetry.ErrorType, "malformed"));
            Log.EntryMalformed(logger, GrainShard.Name(shard), entry.Seq, malformed.Message);
            _published = entry.Seq;
            return;
        }

        await work.Hold.WaitAsync(cancel);
        await work.Publish(message, entry.TraceParent.Length == 0 ? null : entry.TraceParent, cancel);
        _published = entry.Seq;
        Telemetry.Published.Add(1, new KeyValuePair<string, object?>("holdfast.event", entry.EventType));
        Telemetry.OutboxLag.Record((time.GetUtcNow().UtcDateTime - message.OccurredAt).TotalSeconds);
    }

    private double AgeOf(OutboxEntry entry) => OutboxEvents.TimeOf(entry) is { } at
        ? (time.GetUtcNow().UtcDateTime - at).TotalSeconds
        : 0;
}
