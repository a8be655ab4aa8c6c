using System.Globalization;
using System.Runtime.CompilerServices;
using Holdfast.Contracts;

namespace Holdfast.Standalone.Hub;

/// <summary>An event in the feed.</summary>
internal sealed record FeedItem(string Position, string Type, string Json);

/// <summary>
/// The events of late, for any number of readers, each at its own pace. Bounded: who falls behind by more than
/// <see cref="ItemsMax"/> misses the oldest, as a reader of hints may.
/// </summary>
internal sealed class EventFeed
{
    private const int ItemsMax = 8_192;

    // Positions name the run: after a restart an old position means "from the oldest that is kept".
    private readonly string _run = Guid.NewGuid().ToString("n")[..8];
    private readonly Queue<FeedItem> _items = new();
    private readonly Lock _gate = new();
    private TaskCompletionSource _more = NewSignal();
    private long _first = 1;

    public void Append(IEvent message, string? traceParent)
    {
        var json = EventTypes.Write(message, traceParent);
        TaskCompletionSource more;
        lock (_gate)
        {
            var sequence = _first + _items.Count;
            _items.Enqueue(new FeedItem(
                string.Create(CultureInfo.InvariantCulture, $"{_run}-{sequence}"), message.GetType().Name, json));
            if (_items.Count > ItemsMax)
            {
                _items.Dequeue();
                _first++;
            }

            more = _more;
            _more = NewSignal();
        }

        more.TrySetResult();
    }

    /// <summary>Everything after a position; null: from this call on.</summary>
    public IAsyncEnumerable<FeedItem> ReadAsync(string? after, CancellationToken cancel) =>
        ReadFromAsync(Start(after), cancel);

    private async IAsyncEnumerable<FeedItem> ReadFromAsync(
        long next, [EnumeratorCancellation] CancellationToken cancel)
    {
        while (true)
        {
            FeedItem[] items;
            Task more;
            lock (_gate)
            {
                next = Math.Max(next, _first);
                items = [.. _items.Skip((int)(next - _first))];
                more = _more.Task;
            }

            foreach (var item in items) yield return item;
            next += items.Length;
            if (items.Length == 0) await more.WaitAsync(cancel);
        }
    }

    private long Start(string? after)
    {
        lock (_gate)
        {
            if (after is null) return _first + _items.Count;
            return after.StartsWith($"{_run}-", StringComparison.Ordinal) &&
                long.TryParse(after.AsSpan(_run.Length + 1), CultureInfo.InvariantCulture, out var sequence)
                    ? sequence + 1
                    : _first;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
