using Holdfast.Primitives;

namespace Holdfast.Client.Tests.Simulation;

/// <summary>
/// One process from its start to its end, in the time of the world and on its one thread: its tasks, timers and answers
/// are events. While it is stopped they wait; when it wakes they come all at once. After its end nothing comes.
/// </summary>
internal sealed class SimulatedLife(KeeperSimulation world)
{
    private readonly Queue<Action> _whenWoken = new();
    private bool _hasEnded;

    public bool IsStopped { get; private set; }

    /// <summary>Whether it is there and not stopped.</summary>
    public bool IsRunning => !_hasEnded && !IsStopped;

    public TaskScheduler Scheduler => field ??= new LifeScheduler(this);

    public TimeProvider Time => field ??= new LifeTime(this);

    private Instant Now => world.Now;

    private void Fail(Exception failure) => world.Fail(failure);

    /// <summary>Something happens to the process after a while.</summary>
    public void After(TimeSpan wait, Action act) => world.After(wait, () =>
    {
        if (_hasEnded) return;
        if (IsStopped) _whenWoken.Enqueue(act);
        else act();
    });

    /// <summary>Runs something as the process' own work; what it throws ends the world.</summary>
    public void Run(Func<Task> work) => _ = Task.Factory.StartNew(
        async () =>
        {
            try
            {
                await work();
            }
            catch (Exception failure)
            {
                world.Fail(failure);
            }
        },
        CancellationToken.None,
        TaskCreationOptions.DenyChildAttach,
        Scheduler);

    public Task PauseAsync(TimeSpan pause, CancellationToken cancel = default)
    {
        // Ends at once where it is set, which is in the world's thread; who awaits it goes on as an event of its own.
        var over = new TaskCompletionSource();
        After(pause, over.SetResult);
        return over.Task.WaitAsync(cancel);
    }

    public void End() => _hasEnded = true;

    public void Stop() => IsStopped = true;

    public void Wake()
    {
        IsStopped = false;
        while (!_hasEnded && _whenWoken.TryDequeue(out var act)) act();
    }

    private sealed class LifeScheduler(SimulatedLife life) : TaskScheduler
    {
        private readonly int _thread = Environment.CurrentManagedThreadId;

        protected override void QueueTask(Task task)
        {
            // Of an ended process the collector finishes what it left, on a thread of its own.
            if (life._hasEnded) return;

            // What comes from elsewhere has left the world's time; it may be seen only there.
            if (Environment.CurrentManagedThreadId == _thread) life.After(TimeSpan.Zero, () => TryExecuteTask(task));
            else life.Fail(new InvalidOperationException($"A task came from elsewhere: {Environment.StackTrace}"));
        }

        // What ran at once would run before what was there earlier.
        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

        protected override IEnumerable<Task> GetScheduledTasks() => [];
    }

    private sealed class LifeTime(SimulatedLife life) : TimeProvider
    {
        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => life.Now.Ticks;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + (life.Now - Instant.Zero);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new LifeTimer(life, () => callback(state));
            timer.Change(dueTime, period);
            return timer;
        }
    }

    private sealed class LifeTimer(SimulatedLife life, Action callback) : ITimer
    {
        private int _version;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var version = ++_version;
            if (dueTime != Timeout.InfiniteTimeSpan) life.After(dueTime, () => Fire(version, period));
            return true;
        }

        public void Dispose() => _version++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Fire(int version, TimeSpan period)
        {
            if (version != _version) return;
            if (period > TimeSpan.Zero) life.After(period, () => Fire(version, period));
            callback();
        }
    }
}
