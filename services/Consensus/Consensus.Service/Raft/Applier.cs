using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Holdfast.Consensus.Protocol;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>
/// Owns the state machine: applies what is committed, in order, off the loop, and answers whoever proposed it here;
/// captures its state for a snapshot, and takes the state of one.
/// </summary>
internal sealed class Applier(IStateMachine machine, Snapshots snapshots, ApplierEvents events)
{
    // The core hands out one batch, one capture and one restore at a time.
    private const int WorkMax = 4;

    // What another thread does in passing, at most: so many entries, while the machine takes no longer for as many.
    private const int EntriesInPassingMax = 64;
    private const int BatchesInPassingMax = 16;
    private static readonly TimeSpan InPassingMax = TimeSpan.FromMilliseconds(1);

    private readonly Queue<MachineWork> _work = new(WorkMax);
    private readonly Bell _bell = new();
    private readonly AnswerRun _answers = new();
    private Task _run = Task.CompletedTask;
    private bool _isStopping;

    // Somebody is at the machine: this one's thread, or another in passing.
    private bool _isBusy;
    private bool _isQuick = true;

    /// <summary>On a thread of its own: one that wakes for each batch, and no time in the queue of the pool.</summary>
    public void Start() => _run = Task.Factory.StartNew(
        Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Leaves it for <see cref="Begin"/>.</summary>
    public void Enqueue(MachineWork work)
    {
        lock (_work)
        {
            if (!_isStopping)
            {
                Invariant.Holds(_work.Count < WorkMax);
                _work.Enqueue(work);
                return;
            }
        }

        // Nobody waits for the state any more.
        Lose(new AnswerRun(), work.Proposals.AsSpan());
    }

    /// <summary>
    /// Has done what is queued: here, on an errand, when it is little that a quick machine does, and else by the
    /// applier's own thread, which has to wake up for it.
    /// </summary>
    public void Begin(Errand? errand)
    {
        for (var i = 0; errand is not null && i < BatchesInPassingMax && TryTakeInPassing(out var work); i++)
        {
            errand.Begin();
            if (TryDo(work)) Leave();
            errand.End();
        }

        WakeIfNeeded();
    }

    /// <summary>Does what is queued, then ends.</summary>
    public Task StopAsync()
    {
        TakeNoMore();
        return _run;
    }

    private static void Lose(AnswerRun answers, ReadOnlySpan<Proposal> proposals)
    {
        foreach (var proposal in proposals) answers.Give(proposal, new ProposeOutcome.Lost());
        answers.End();
    }

    private void Run()
    {
        while (TakeNext() is { } work)
            if (TryDo(work)) Leave();
    }

    private MachineWork? TakeNext()
    {
        while (true)
        {
            lock (_work)
            {
                if (!_isBusy && _work.TryDequeue(out var work))
                {
                    _isBusy = true;
                    return work;
                }

                if (!_isBusy && _isStopping) return null;
                _bell.WillWait();
            }

            _bell.Wait();
        }
    }

    private bool TryTakeInPassing([NotNullWhen(true)] out MachineWork? work)
    {
        lock (_work)
        {
            if (_isBusy || _isStopping || !_isQuick || !_work.TryPeek(out work) || !IsLittle(work))
            {
                work = null;
                return false;
            }

            _isBusy = true;
            return _work.TryDequeue(out work);
        }
    }

    private static bool IsLittle(MachineWork work) =>
        work.Restore is null && work.Capture is null && work.Entries.Length <= EntriesInPassingMax;

    private void Leave()
    {
        lock (_work) _isBusy = false;
    }

    /// <summary>Who is at the machine calls this when it goes.</summary>
    private void WakeIfNeeded()
    {
        bool isToRing;
        lock (_work) isToRing = !_isBusy && (_work.Count > 0 || _isStopping) && _bell.IsToRing();
        if (isToRing) _bell.Ring();
    }

    private void TakeNoMore()
    {
        lock (_work) _isStopping = true;
        WakeIfNeeded();
    }

    /// <summary>False when the machine threw: nobody knows what it holds, and nobody asks it again.</summary>
    private bool TryDo(MachineWork work)
    {
        try
        {
            var started = Stopwatch.GetTimestamp();
            Do(work);
            if (IsLittle(work)) Volatile.Write(ref _isQuick, Stopwatch.GetElapsedTime(started) <= InPassingMax);
            return true;
        }
        catch (Exception failure)
        {
            GiveUp();
            events.Failed(failure);
            return false;
        }
    }

    private void GiveUp()
    {
        List<MachineWork> left;
        lock (_work)
        {
            (_isStopping, _isBusy) = (true, false);
            left = [.. _work];
            _work.Clear();
        }

        foreach (var work in left) Lose(new AnswerRun(), work.Proposals.AsSpan());
        WakeIfNeeded();
    }

    private void Do(MachineWork work)
    {
        var answered = 0;
        try
        {
            if (work.Restore is { } snapshot)
            {
                if (snapshots.Restore(snapshot, machine)) events.Applied(snapshot.Index);
                else events.Skipped(snapshot.Index);
            }

            if (work.Capture is { } mark) snapshots.Save(mark, machine.Capture());
            if (work.Entries.IsEmpty) return;
            ApplyAll(work, ref answered);
        }
        finally
        {
            // When the machine threw, nobody knows what it did: the command is in the log all the same. And what a
            // leader's snapshot holds was not applied here, so nobody knows its answers.
            Lose(_answers, work.Proposals.AsSpan()[answered..]);
        }

        events.Applied(work.Entries[^1].Index);
    }

    private void ApplyAll(MachineWork work, ref int answered)
    {
        var proposals = work.Proposals.AsSpan();
        foreach (var entry in work.Entries)
        {
            var result = entry.Kind == EntryKind.Command
                ? machine.Apply(entry.Index, entry.Term, entry.Command.Span)
                : null;
            for (; answered < proposals.Length && proposals[answered].Index <= entry.Index; answered++)
            {
                var proposal = proposals[answered];
                var isThis = proposal.Index == entry.Index && proposal.Term == entry.Term;
                _answers.Give(proposal, isThis
                    ? new ProposeOutcome.Applied(entry.Index.Value, entry.Term.Value, result)
                    : new ProposeOutcome.Lost());
            }
        }
    }
}

/// <summary>What an <see cref="Applier"/> tells; each returns at once.</summary>
/// <param name="Applied">The state machine holds everything up to here.</param>
/// <param name="Skipped">
/// The work up to here is done, but its snapshot was gone: the state machine is where it was, and takes a newer one
/// next.
/// </param>
/// <param name="Failed">Nobody knows what the state machine holds.</param>
internal sealed record ApplierEvents(
    Action<LogIndex> Applied, Action<LogIndex> Skipped, Action<Exception> Failed);
