using System.Reflection;
using Holdfast.Contracts;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Holdfast.Hosting;

/// <summary>
/// What a service owes the bus. Enqueueing never waits; events are published one after another in the order they were
/// enqueued and kept until the broker has confirmed them, with growing pauses while it does not. For one type and
/// subject only the newest is kept, because a state event makes the older ones worthless, but for those of the audit;
/// that is also what bounds it: few more entries than subjects, and never more than <see cref="OwedMax"/>. It lives in
/// memory: a process that dies owes nothing, and its successor's snapshot says what is true.
/// </summary>
public sealed class StateEventOutbox(IEventPublisher publisher, BusOptions options, ILogger<StateEventOutbox> logger)
    : BackgroundService
{
    /// <summary>Beyond it the oldest is given up, which is counted and logged as an error.</summary>
    public const int OwedMax = 100_000;

    private readonly Lock _lock = new();
    private readonly LinkedList<Entry> _owed = [];
    private readonly Dictionary<(Type, string), LinkedListNode<Entry>> _newest = [];
    private readonly SemaphoreSlim _arrived = new(0, 1);
    private TaskCompletionSource _empty = Completed();

    /// <summary>How many events are enqueued and not yet confirmed.</summary>
    public int Owed
    {
        get
        {
            lock (_lock) return _owed.Count;
        }
    }

    /// <summary>
    /// Owes an event to the bus, in place of an older one of its type and subject. One that is older than what is
    /// owed already is ignored. Of a type for the audit (<see cref="StateEventAttribute.KeepsEach"/>) each is owed.
    /// </summary>
    /// <param name="message">A state event; fact events belong into the directory's outbox, which is durable.</param>
    /// <param name="traceParent">The W3C trace context that caused it; null takes the current activity's.</param>
    public void Enqueue(IEvent message, string? traceParent)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (!message.GetType().IsDefined(typeof(StateEventAttribute)))
            throw new ArgumentException($"{message.GetType().Name} is no state event.", nameof(message));
        traceParent ??= System.Diagnostics.Activity.Current?.Id;
        lock (_lock)
        {
            if (!MakeRoomLocked(message)) return;
            _newest[Key(message)] = _owed.AddLast(new Entry(message, traceParent));
            if (_owed.Count == 1 && _empty.Task.IsCompleted) _empty = Open();
            if (_arrived.CurrentCount == 0) _arrived.Release();
        }

        Telemetry.OutboxOwed(1);
    }

    /// <summary>Completes once nothing is owed.</summary>
    public Task WhenEmptyAsync(CancellationToken cancel)
    {
        lock (_lock) return _empty.Task.WaitAsync(cancel);
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(options.DrainTime);
        try
        {
            await WhenEmptyAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            Log.OutboxStoppedOwing(logger, Owed);
        }

        await base.StopAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _arrived.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var failures = 0;
        while (!stoppingToken.IsCancellationRequested)
        {
            if (Oldest() is not { } entry)
            {
                await _arrived.WaitAsync(stoppingToken);
                continue;
            }

            try
            {
                await publisher.PublishAsync(entry.Message, entry.TraceParent, stoppingToken);
                if (failures > 0) Log.OutboxFlows(logger);
                failures = 0;
                Settle(entry);
            }
            catch (Exception impossible) when (impossible is System.Text.Json.JsonException or NotSupportedException
                or ArgumentException)
            {
                // A bug of ours; trying again would hold up everything behind it for ever.
                Drop(entry, impossible.Message);
                Settle(entry);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                if (failures == 0) Log.OutboxStalled(logger, Owed, failure);
                GiveBack(entry);
                await Task.Delay(options.PauseAfter(failures++), stoppingToken);
            }
        }
    }

    // False when what is owed already is newer than the message.
    private bool MakeRoomLocked(IEvent message)
    {
        if (_newest.TryGetValue(Key(message), out var older))
        {
            if (string.CompareOrdinal(older.Value.Message.Sequence, message.Sequence) > 0) return false;

            // The one being published just now stays at the head until its end is known.
            if (!older.Value.Publishing) RemoveLocked(older);
            Telemetry.OutboxSuperseded();
        }
        else if (_owed.Count >= OwedMax && _owed.First is { } oldest)
        {
            Drop(oldest.Value, $"more than {OwedMax} are owed");
            RemoveLocked(oldest);
        }

        return true;
    }

    private Entry? Oldest()
    {
        lock (_lock)
        {
            if (_owed.First?.Value is not { } entry) return null;
            entry.Publishing = true;
            return entry;
        }
    }

    private void Settle(Entry entry)
    {
        lock (_lock)
        {
            if (_owed.First is { } first && ReferenceEquals(first.Value, entry)) RemoveLocked(first);
            if (_owed.Count == 0) _empty.TrySetResult();
        }
    }

    // Not confirmed: from now on a newer one replaces it, and one that came meanwhile has.
    private void GiveBack(Entry entry)
    {
        lock (_lock)
        {
            entry.Publishing = false;
            if (_owed.First is not { } first || !ReferenceEquals(first.Value, entry)) return;
            if (!ReferenceEquals(_newest.GetValueOrDefault(Key(entry.Message)), first)) RemoveLocked(first);
        }
    }

    private void RemoveLocked(LinkedListNode<Entry> node)
    {
        _owed.Remove(node);
        if (_newest.TryGetValue(Key(node.Value.Message), out var newest) && ReferenceEquals(newest, node))
            _newest.Remove(Key(node.Value.Message));
        Telemetry.OutboxOwed(-1);
    }

    private void Drop(Entry entry, string reason)
    {
        Telemetry.OutboxDropped();
        var message = entry.Message;
        Log.OutboxDropped(logger, message.GetType().Name, message.Subject, message.Sequence, reason);
    }

    private static (Type, string) Key(IEvent message)
    {
        var type = message.GetType();
        var keepsEach = type.GetCustomAttribute<StateEventAttribute>() is { KeepsEach: true };
        return (type, keepsEach ? message.EventId.ToString() : message.Subject);
    }

    private static TaskCompletionSource Open() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TaskCompletionSource Completed()
    {
        var completed = Open();
        completed.SetResult();
        return completed;
    }

    private sealed record Entry(IEvent Message, string? TraceParent)
    {
        public bool Publishing { get; set; }
    }
}
