using System.Collections.Immutable;
using System.Diagnostics;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Consensus.Storage;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Tests.Raft;

/// <summary>Who writes: the writer's own thread, or one that passes by and may.</summary>
public sealed class LogWriterTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly RaftTelemetry _telemetry =
        new(new NodeId("n1"), static () => throw new InvalidOperationException());

    private readonly WatchedStore _store = new();
    private readonly List<Exception> _failures = [];
    private readonly LogWriter _writer;
    private ulong _number;

    public LogWriterTests()
    {
        _writer = new LogWriter(_store, _telemetry, new WriterEvents(
            static _ => { }, static () => { }, static (_, _) => { }, _failures.Add));
        _writer.Start();
    }

    private static int Here => Environment.CurrentManagedThreadId;

    public void Dispose()
    {
        _store.Flows.Set();
        _writer.Stop(Patience).ShouldBeTrue();
        _store.Dispose();
        _telemetry.Dispose();
    }

    [Fact]
    public void A_thread_that_may_write_writes_what_it_brought_itself()
    {
        Bring(entries: 2);
        _writer.Begin(Errand.WriteAndApply);
        _store.Next().ShouldBe(Here);
    }

    [Fact]
    public void A_thread_that_may_not_leaves_it_to_the_writers_own()
    {
        Bring(entries: 1);
        _writer.Begin(Errand.Apply);
        _store.Next().ShouldNotBe(Here);
    }

    [Fact]
    public void More_than_two_entries_are_left_to_the_writers_own_thread()
    {
        Bring(entries: 3);
        _writer.Begin(Errand.WriteAndApply);
        _store.Next().ShouldNotBe(Here);
    }

    [Fact]
    public void After_a_slow_write_nobody_writes_in_passing_until_one_was_quick_again()
    {
        _store.Takes = TimeSpan.FromMilliseconds(6);
        Bring(entries: 1);
        _writer.Begin(Errand.WriteAndApply);
        _store.Next().ShouldBe(Here);

        _store.Takes = TimeSpan.Zero;
        Bring(entries: 1);
        _writer.Begin(Errand.WriteAndApply);
        _store.Next().ShouldNotBe(Here);
    }

    [Fact]
    public async Task While_another_thread_is_at_the_disk_nobody_else_is_and_a_stop_does_not_wait_for_ever()
    {
        _store.Flows.Reset();
        Bring(entries: 1);
        var passing = Task.Run(() => _writer.Begin(Errand.WriteAndApply));
        _store.Entered.WaitOne(Patience).ShouldBeTrue();

        Bring(entries: 1);
        _writer.Begin(Errand.WriteAndApply);
        _store.Done.ShouldBe(0, "This thread left it for later instead of waiting.");
        _writer.Stop(TimeSpan.FromMilliseconds(50)).ShouldBeFalse();

        _store.Flows.Set();
        await passing.WaitAsync(Patience, TestContext.Current.CancellationToken);
        _writer.Stop(Patience).ShouldBeTrue();
        _store.Done.ShouldBe(2, "What was left is written before the end.");
    }

    [Fact]
    public void After_a_failure_in_passing_nothing_is_written_any_more()
    {
        _store.Failure = new StorageFailedException("the disk is gone", new IOException("no space"));
        Bring(entries: 1);
        _writer.Begin(Errand.WriteAndApply);
        _failures.ShouldHaveSingleItem().ShouldBe(_store.Failure);

        _store.Failure = null;
        Bring(entries: 1);
        _writer.Begin(Errand.WriteAndApply);
        _writer.Stop(Patience).ShouldBeTrue();
        _store.Done.ShouldBe(0);
    }

    private void Bring(int entries) => _writer.Enqueue(
        new Persistence
        {
            Number = new PersistenceNumber(++_number),
            Entries = [.. Enumerable.Range(1, entries).Select(static i => new LogEntry(
                new LogIndex((ulong)i), new Term(1), EntryKind.Command, new byte[10]))],
        },
        ImmutableArray<Envelope>.Empty);

    /// <summary>Says which thread wrote.</summary>
    private sealed class WatchedStore : ILogStore
    {
        private readonly System.Collections.Concurrent.BlockingCollection<int> _threads = [];
        private int _done;

        public ManualResetEventSlim Flows { get; } = new(initialState: true);

        public AutoResetEvent Entered { get; } = new(initialState: false);

        public TimeSpan Takes { get; set; }

        public Exception? Failure { get; set; }

        public int Done => Volatile.Read(ref _done);

        public ISnapshotStore Snapshots => throw new NotSupportedException("It keeps entries only.");

        /// <summary>Who made the next write.</summary>
        public int Next()
        {
            _threads.TryTake(out var thread, Patience).ShouldBeTrue("nothing was written");
            return thread;
        }

        public DurableState Load() => throw new NotSupportedException("It holds nothing.");

        public void Write(IReadOnlyList<Persistence> group)
        {
            if (Failure is { } failure) throw failure;
            Entered.Set();
            Flows.Wait(Patience).ShouldBeTrue();
            var started = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(started) < Takes) Thread.Yield();
            Interlocked.Increment(ref _done);
            _threads.Add(Here);
        }

        public void Dispose()
        {
            Flows.Dispose();
            Entered.Dispose();
            _threads.Dispose();
        }
    }
}
