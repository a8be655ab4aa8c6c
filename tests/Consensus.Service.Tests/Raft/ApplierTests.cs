using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics;
using Holdfast.Consensus.Protocol;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Service.Raft;

namespace Holdfast.Consensus.Service.Tests.Raft;

/// <summary>Who does the state machine's work: whoever brings it, or the thread that waits for it.</summary>
public sealed class ApplierTests
{
    [Fact]
    public async Task Little_work_is_done_by_who_brings_it()
    {
        var machine = new WatchedMachine();
        var applier = Make(machine);
        var here = Environment.CurrentManagedThreadId;

        Bring(applier, 1, Errand.Apply);

        machine.AppliedBy.ShouldBe([here]);
        applier.Start();
        await applier.StopAsync().OrFailAsync("the applier ends");
    }

    [Fact]
    public async Task Who_may_not_wait_for_the_machine_leaves_the_work_to_its_own_thread()
    {
        var machine = new WatchedMachine();
        var applier = Start(machine);
        var here = Environment.CurrentManagedThreadId;

        Bring(applier, 1, errand: null);

        await applier.StopAsync().OrFailAsync("the applier ends");
        machine.AppliedBy.ShouldHaveSingleItem().ShouldNotBe(here);
    }

    [Fact]
    public async Task A_machine_that_was_slow_once_is_waited_for_by_its_own_thread_only()
    {
        var machine = new WatchedMachine { Takes = TimeSpan.FromMilliseconds(5) };
        var applier = Start(machine);
        var here = Environment.CurrentManagedThreadId;

        Bring(applier, 1, Errand.Apply);
        Bring(applier, 2, Errand.Apply);

        await applier.StopAsync().OrFailAsync("the applier ends");
        machine.AppliedBy.Count.ShouldBe(2);
        machine.AppliedBy[1].ShouldNotBe(here);
    }

    [Fact]
    public async Task Much_work_is_left_to_the_machines_own_thread()
    {
        var machine = new WatchedMachine();
        var applier = Start(machine);
        var here = Environment.CurrentManagedThreadId;

        applier.Enqueue(Work([.. Enumerable.Range(1, 65).Select(static place => EntryAt((ulong)place))]));
        applier.Begin(Errand.Apply);

        await applier.StopAsync().OrFailAsync("the applier ends");
        machine.AppliedBy.Count.ShouldBe(65);
        machine.AppliedBy.ShouldNotContain(here);
    }

    [Fact]
    public async Task A_machine_that_throws_in_passing_ends_the_applier_and_loses_what_waits()
    {
        Exception? failed = null;
        var machine = new WatchedMachine { ThrowsAt = new LogIndex(1) };
        var applier = Make(machine, failure => failed = failure);
        var waiting = new AwaitingProposer();
        applier.Enqueue(Work([EntryAt(1)]));
        applier.Enqueue(Work([EntryAt(2)], new Proposal(new byte[1], waiting)));

        applier.Begin(Errand.Apply);

        failed.ShouldBeOfType<InvalidOperationException>();
        (await waiting.Outcome.OrFailAsync("the proposal is answered")).ShouldBeOfType<ProposeOutcome.Lost>();
        applier.Start();
        await applier.StopAsync().OrFailAsync("the applier ends");
        machine.AppliedBy.ShouldBeEmpty();
    }

    private static Applier Start(WatchedMachine machine)
    {
        var applier = Make(machine);
        applier.Start();
        return applier;
    }

    // Not started: a thread of its own that has just begun may take the work before who brings it does. And nothing
    // here takes or captures a snapshot.
    private static Applier Make(WatchedMachine machine, Action<Exception>? failed = null) =>
        new(machine, snapshots: null!, new ApplierEvents(
            static _ => { }, static _ => { }, failed ?? (static failure => throw failure)));

    private static void Bring(Applier applier, ulong place, Errand? errand)
    {
        applier.Enqueue(Work([EntryAt(place)]));
        applier.Begin(errand);
    }

    private static MachineWork Work(ImmutableArray<LogEntry> entries, params ImmutableArray<Proposal> proposals) =>
        new(Restore: null, Capture: null, entries, proposals);

    private static LogEntry EntryAt(ulong place) =>
        new(new LogIndex(place), new Term(1), EntryKind.Command, new byte[1]);

    /// <summary>Remembers the threads that asked it, and takes its time.</summary>
    private sealed class WatchedMachine : IStateMachine
    {
        public List<int> AppliedBy { get; } = [];

        public TimeSpan Takes { get; init; }

        public LogIndex? ThrowsAt { get; init; }

        public object? Apply(LogIndex index, Term term, ReadOnlySpan<byte> command)
        {
            if (index == ThrowsAt) throw new InvalidOperationException("thrown on purpose");
            AppliedBy.Add(Environment.CurrentManagedThreadId);
            var started = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(started) < Takes) Thread.SpinWait(100);
            return null;
        }

        public Action<IBufferWriter<byte>> Capture() => throw new NotSupportedException();

        public void Restore(ReadOnlySpan<byte> snapshot) => throw new NotSupportedException();
    }
}
