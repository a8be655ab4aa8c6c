namespace Holdfast.Handoff.Wire;

/// <summary>What the shell of an incumbent must do now, in the order given.</summary>
public abstract record IncumbentOutput
{
    private IncumbentOutput()
    {
    }

    /// <summary>Send a message. One that cannot be sent is a <see cref="IncumbentInput.Disconnected"/>.</summary>
    public sealed record Send(int Session, HandoffMessage Message) : IncumbentOutput;

    /// <summary>Close a session; nothing more is wanted of it.</summary>
    public sealed record Close(int Session, string Why) : IncumbentOutput;

    /// <summary>Let connections end, then stop accepting.</summary>
    public sealed record Drain(TimeSpan Grace) : IncumbentOutput;

    /// <summary>Write everything out and stop writing.</summary>
    public sealed record Seal(HandoffId Handoff) : IncumbentOutput;

    /// <summary>Give the sealing up, as the handoff is off. It still ends in its input.</summary>
    public sealed record CancelSeal : IncumbentOutput;

    /// <summary>Release the lock of the data directory.</summary>
    public sealed record ReleaseLock : IncumbentOutput;

    /// <summary>Try for the lock, once.</summary>
    public sealed record TakeLock : IncumbentOutput;

    /// <summary>See whether another process answers on the control path.</summary>
    public sealed record LookForReplacement : IncumbentOutput;

    /// <summary>Learn the epoch that the supervisor raised.</summary>
    /// <param name="Ask">Goes back with the answer.</param>
    public sealed record ReadFence(int Ask) : IncumbentOutput;

    /// <summary>Raise the epoch under a session of our own.</summary>
    /// <param name="Ask">Goes back with the answer.</param>
    public sealed record RaiseFence(int Ask) : IncumbentOutput;

    /// <summary>Stop draining, open the data where it is sealed, accept again.</summary>
    public sealed record Resume : IncumbentOutput;

    /// <summary>Bind the control path again where it is not ours any more.</summary>
    public sealed record KeepControlPath : IncumbentOutput;

    /// <summary>End the process.</summary>
    public sealed record End(IncumbentEnd Why) : IncumbentOutput;

    /// <summary>Say it in the log.</summary>
    public sealed record Note(DaemonStep Step, HandoffId? Handoff, string Detail) : IncumbentOutput;
}

/// <summary>Why an incumbent ends.</summary>
public enum IncumbentEnd
{
    /// <summary>The supervisor committed.</summary>
    Committed,

    /// <summary>Another process holds the data and answers on the control path.</summary>
    Replaced,

    /// <summary>It could not serve again; a new process may.</summary>
    CannotResume,
}

/// <summary>What is told of a handoff, by both processes.</summary>
public enum DaemonStep
{
    Greeted,
    Refused,
    Prepared,
    Drained,
    Sealed,
    SealFailed,
    Begun,
    Ready,
    Committed,
    Aborted,
    SupervisorLost,
    Fenced,
    FenceUnreachable,
    Resumed,
    ResumeFailed,
    Replaced,
}
