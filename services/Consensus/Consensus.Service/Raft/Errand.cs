namespace Holdfast.Consensus.Service.Raft;

/// <summary>
/// What a thread that brought something may do besides, after its turn: to wake another thread for it would cost more.
/// It tells when it goes and when it is back, so that what it else does can be taken up by another.
/// </summary>
internal class Errand
{
    /// <summary>Of a thread that others wait for as long as the state machine takes for a little work.</summary>
    public static Errand Apply { get; } = new();

    /// <summary>Of a thread that nobody else waits for.</summary>
    public static Errand WriteAndApply { get; } = new Writing();

    /// <summary>Whether it may wait for the disk, too.</summary>
    public virtual bool MayWrite => false;

    public virtual void Begin()
    {
        // Nobody takes up anything.
    }

    public virtual void End()
    {
        // Nobody took up anything.
    }

    private sealed class Writing : Errand
    {
        public override bool MayWrite => true;
    }
}
