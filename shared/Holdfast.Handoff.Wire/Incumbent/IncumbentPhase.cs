using Holdfast.Primitives;

namespace Holdfast.Handoff.Wire;

/// <summary>Where an incumbent is.</summary>
public abstract record IncumbentPhase
{
    private IncumbentPhase()
    {
    }

    /// <summary>Data open, connections accepted.</summary>
    public sealed record Serving : IncumbentPhase;

    /// <summary>Connections are being let go.</summary>
    public sealed record Draining : IncumbentPhase;

    /// <summary>Nothing is accepted, the data is still open.</summary>
    public sealed record Drained(HandoffMessage.Drained Answer) : IncumbentPhase;

    /// <summary>The data is being written out.</summary>
    /// <param name="Abandoned">Whether the handoff ended meanwhile, so that it resumes as soon as that is done.
    /// </param>
    public sealed record Sealing(bool Abandoned) : IncumbentPhase;

    /// <summary>The data is sealed and the lock released: nobody serves until commit or abort.</summary>
    public sealed record Sealed(HandoffMessage.SealComplete Answer) : IncumbentPhase;

    /// <summary>Tries for the lock; another may have it.</summary>
    public sealed record Locking(Instant LookAt) : IncumbentPhase;

    /// <summary>Holds the lock, and waits for the word that the fence is raised.</summary>
    public sealed record AwaitingWord(Instant Until) : IncumbentPhase;

    /// <summary>Holds the lock, and asks for its epoch.</summary>
    public sealed record Fencing : IncumbentPhase;

    /// <summary>Opens data and connections again.</summary>
    public sealed record Resuming(int Attempt) : IncumbentPhase;

    /// <summary>Over.</summary>
    public sealed record Ended(IncumbentEnd Why) : IncumbentPhase;
}
