namespace Holdfast.Handoff.Wire;

/// <summary>What the shell of a successor must do now, in the order given.</summary>
public abstract record SuccessorOutput
{
    private SuccessorOutput()
    {
    }

    /// <summary>Send a message. One that cannot be sent is a <see cref="SuccessorInput.Disconnected"/>.</summary>
    public sealed record Send(HandoffMessage Message) : SuccessorOutput;

    /// <summary>Try for the lock, once.</summary>
    public sealed record TakeLock : SuccessorOutput;

    /// <summary>Read the fence, open the data, see whether the process could serve.</summary>
    public sealed record Open(HandoffId Handoff) : SuccessorOutput;

    /// <summary>Accept connections, bind the control path, and be the incumbent from now on.</summary>
    public sealed record Serve : SuccessorOutput;

    /// <summary>Close the data unchanged, release the lock, end the process.</summary>
    public sealed record GiveUp(string Why) : SuccessorOutput;

    /// <summary>Say it in the log.</summary>
    public sealed record Note(DaemonStep Step, HandoffId? Handoff, string Detail) : SuccessorOutput;
}

/// <summary>Where a successor is.</summary>
public enum SuccessorPhase
{
    /// <summary>Introduced itself, and waits for the answer.</summary>
    Greeting,

    /// <summary>Waits while the incumbent drains and seals.</summary>
    Waiting,

    /// <summary>Tries for the lock that the incumbent released.</summary>
    Locking,

    /// <summary>Opens the data.</summary>
    Opening,

    /// <summary>Said Ready: the end of the stream, or silence, is as good as Commit.</summary>
    Ready,

    /// <summary>Said Ready and that it is not healthy: only Commit itself is Commit.</summary>
    ReadyUnwell,

    /// <summary>Serves.</summary>
    Serving,

    /// <summary>Gave up.</summary>
    GivenUp,
}
