using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Handoff.Wire;

/// <summary>
/// The running process of a daemon, seen as a party of handoffs. It gives its work away step by step, and can take it
/// back at every step until it hears Commit: whenever the supervisor says so, is gone, is silent for too long or
/// breaks the protocol. What it must never do is serve without the lock of its data, or end while nobody else serves.
/// </summary>
/// <remarks>
/// Two things decide who serves after a seal, and neither is a message: the lock of the data directory, which only one
/// process holds, and the epoch in front of what it writes, which only grows.
/// </remarks>
public sealed partial class IncumbentCore(ProcessIdentity self, HandoffTimings timings, bool isFenced)
{
    private readonly List<IncumbentOutput> _outputs = [];
    private Handoff? _handoff;
    private Instant _now;

    // What is owed to the fence: a process that could not reach it serves under its old epoch, which every resource
    // that has seen a newer one refuses, and goes on asking.
    private Owed _owed = Owed.Nothing;
    private Instant _askFenceAt;
    private int _fenceAsks;
    private bool _isLockAsked;

    private enum Owed
    {
        Nothing,
        Read,
        Raise,
    }

    /// <summary>Where it is.</summary>
    public IncumbentPhase Phase { get; private set; } = new IncumbentPhase.Serving();

    /// <summary>The handoff under way, or the last one.</summary>
    public HandoffId? Current => _handoff?.Id;

    /// <summary>Whether time matters now, so that ticks are wanted.</summary>
    public bool IsBusy => _session is not null || _owed != Owed.Nothing || Phase is not IncumbentPhase.Serving;

    /// <summary>Takes one input, and says what to do.</summary>
    public ImmutableArray<IncumbentOutput> Step(IncumbentInput input, Instant now)
    {
        Invariant.Holds(now >= _now);
        _now = now;
        if (Phase is IncumbentPhase.Ended) return []; // The shell is on its way out; what it had started still ends.
        switch (input)
        {
            case IncumbentInput.Connected connected:
                Greet(connected.Session);
                break;
            case IncumbentInput.Heard heard:
                if (heard.Session == _session?.Number) Hear(_session, heard.Frame);
                break;
            case IncumbentInput.Garbled garbled:
                if (garbled.Session == _session?.Number) Refuse($"what it sent is no frame: {garbled.Status}");
                break;
            case IncumbentInput.Disconnected gone:
                if (gone.Session == _session?.Number) LoseSession("the connection ended");
                break;
            case IncumbentInput.Tick:
                Pass();
                break;
            default:
                Own(input);
                break;
        }

        ImmutableArray<IncumbentOutput> outputs = [.. _outputs];
        _outputs.Clear();
        return outputs;
    }

    /// <summary>The ends of what the shell was asked to do.</summary>
    private void Own(IncumbentInput input)
    {
        switch (Phase, input)
        {
            case (IncumbentPhase.Draining, IncumbentInput.Drained drained):
                var answer = new HandoffMessage.Drained(drained.OpenConnectionsRemaining, drained.AcceptClosed);
                Phase = new IncumbentPhase.Drained(answer);
                Note(DaemonStep.Drained, $"{answer.OpenConnectionsRemaining} connections left");
                Answer(answer);
                break;
            case (IncumbentPhase.Draining, IncumbentInput.DrainFailed failed):
                // The wire has no word for it: the end of the session says it, and what was closed opens again.
                Refuse($"draining failed: {failed.Error}");
                break;
            case (_, IncumbentInput.Drained or IncumbentInput.DrainFailed):
                break; // It was called off while it ended by itself.
            case (IncumbentPhase.Sealing { Abandoned: false }, IncumbentInput.SealProgressed p):
                Answer(new HandoffMessage.SealProgress(p.ShardsSealed, p.ShardsTotal, p.LastRevision));
                break;
            case (_, IncumbentInput.SealProgressed):
                break; // Told to nobody: the handoff is off.
            case (IncumbentPhase.Sealing sealing, IncumbentInput.Sealed done):
                HandleSealed(sealing, done);
                break;
            case (IncumbentPhase.Sealing sealing, IncumbentInput.SealFailed failed):
                HandleSealFailed(sealing, failed);
                break;
            default:
                OwnAfterSeal(input);
                break;
        }
    }

    private void HandleSealed(IncumbentPhase.Sealing sealing, IncumbentInput.Sealed done)
    {
        if (sealing.Abandoned)
        {
            // The lock was never released, so no other process can have written.
            BecomeResuming();
            return;
        }

        Invariant.Holds(_handoff is not null);
        var answer = new HandoffMessage.SealComplete(_handoff.Id, done.LastRevisions, done.Fingerprint);
        Phase = new IncumbentPhase.Sealed(answer);
        Do(new IncumbentOutput.ReleaseLock());
        Note(DaemonStep.Sealed, $"revisions {done.LastRevisions}, fingerprint {done.Fingerprint}");
        Answer(answer);
    }

    private void HandleSealFailed(IncumbentPhase.Sealing sealing, IncumbentInput.SealFailed failed)
    {
        Invariant.Holds(_handoff is not null);
        Note(DaemonStep.SealFailed, failed.Error);
        if (!sealing.Abandoned)
            Answer(new HandoffMessage.SealFailed(_handoff.Id, failed.Error, failed.PartialState));
        BecomeResuming();
    }

    /// <summary>What only time brings: silence, deadlines, heartbeats, the next attempt.</summary>
    private void Pass()
    {
        WatchSession();
        Beat();
        switch (Phase)
        {
            case IncumbentPhase.Locking locking:
                TakeLock();
                if (_now < locking.LookAt) break;
                Phase = new IncumbentPhase.Locking(_now + timings.ReplacementCheck);
                Do(new IncumbentOutput.LookForReplacement());
                break;
            case IncumbentPhase.AwaitingWord waiting when _now >= waiting.Until:
                AskFence(Owed.Raise);
                break;
            case IncumbentPhase.Serving when _owed != Owed.Nothing && _now >= _askFenceAt:
                _askFenceAt = _now + timings.FenceRetry;
                DoAskFence();
                break;
        }
    }

    private void Do(IncumbentOutput output) => _outputs.Add(output);

    private void Note(DaemonStep step, string detail) => Do(new IncumbentOutput.Note(step, _handoff?.Id, detail));

    /// <summary>One handoff, from Prepare on.</summary>
    private sealed record Handoff(HandoffId Id, Instant Deadline)
    {
        /// <summary>Whether the supervisor called it off.</summary>
        public bool IsAborted { get; init; }
    }
}
