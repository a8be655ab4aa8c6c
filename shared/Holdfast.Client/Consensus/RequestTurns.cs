using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>
/// Lets so many changes of a session go at once that Consensus forgets none of them while it is under way. It remembers
/// the answers of a session's newest 32 requests and refuses numbers below those. A bound on how many are under way is
/// not enough, since one that is slow would be overtaken by any number of quick ones; so a change goes only while the
/// oldest one under way is less than <see cref="Width"/> turns before it.
/// </summary>
/// <remarks>
/// The number is drawn after the turn is taken, so numbers need not be in the order of turns. Still at most 15 later
/// turns and 15 earlier ones that were under way together with a change can have higher numbers: less than 32.
/// </remarks>
internal sealed class RequestTurns
{
    public const int Width = 16;

    private readonly Lock _gate = new();
    private readonly Dictionary<SessionId, Line> _lines = [];

    /// <summary>Sessions that have something under way or waiting.</summary>
    public int Sessions
    {
        get
        {
            lock (_gate) return _lines.Count;
        }
    }

    /// <summary>Waits for a turn, which ends when it is disposed; null when there is none for so long.</summary>
    public async Task<IDisposable?> TryTakeAsync(SessionId session, TimeSpan patience, CancellationToken cancel)
    {
        var waiting = Join(session);
        try
        {
            await waiting.Task.WaitAsync(patience, cancel);
        }
        catch (Exception gaveUp) when (gaveUp is TimeoutException or OperationCanceledException)
        {
            // Its turn may have come at that moment; then it is passed on.
            if (!waiting.TrySetCanceled(CancellationToken.None)) new Turn(this, session, await waiting.Task).Dispose();
            if (gaveUp is OperationCanceledException) throw;
            return null;
        }

        return new Turn(this, session, await waiting.Task);
    }

    private TaskCompletionSource<long> Join(SessionId session)
    {
        var waiting = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (!_lines.TryGetValue(session, out var line)) _lines.Add(session, line = new Line());
            line.Waiting.Enqueue(waiting);
            line.LetGo();
        }

        return waiting;
    }

    private void End(SessionId session, long number)
    {
        lock (_gate)
        {
            var line = _lines[session];
            line.UnderWay.Remove(number);
            line.LetGo();
            if (line.UnderWay.Count == 0) _lines.Remove(session);
        }
    }

    /// <summary>The changes of one session, in the order in which they came.</summary>
    private sealed class Line
    {
        private long _last;

        public SortedSet<long> UnderWay { get; } = [];

        public Queue<TaskCompletionSource<long>> Waiting { get; } = new();

        /// <summary>Whoever may go now goes. Nobody waits when nothing is under way.</summary>
        public void LetGo()
        {
            while ((UnderWay.Count == 0 || _last + 1 - UnderWay.Min < Width) && Waiting.TryDequeue(out var first))
                if (first.TrySetResult(_last + 1)) UnderWay.Add(++_last);
        }
    }

    private sealed class Turn(RequestTurns turns, SessionId session, long number) : IDisposable
    {
        public void Dispose() => turns.End(session, number);
    }
}
