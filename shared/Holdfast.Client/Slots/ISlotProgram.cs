using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>
/// What a user's program does with the slots that its host is given: a replica, a fork or a standby of a group.
/// Different slots are started and stopped at the same time, one slot never.
/// </summary>
public interface ISlotProgram
{
    /// <summary>
    /// Starts a slot and completes when it serves; only then it counts as running. Throwing says that it does not run,
    /// and that nothing of it is left.
    /// </summary>
    /// <param name="run">Which slot, and the epoch that goes along with every write of it.</param>
    /// <param name="cancel">Cancelled when the slot is to be stopped before it runs.</param>
    Task StartAsync(SlotRun run, CancellationToken cancel);

    /// <summary>
    /// Stops a slot and completes when nothing of it runs any more: from then on another node may get it. Throwing
    /// says that it may still run; then it is asked again.
    /// </summary>
    /// <param name="run">The same object that was started; its start has completed, failed or been cancelled.</param>
    /// <param name="cancel">Cancelled when nobody waits any longer.</param>
    Task StopAsync(SlotRun run, CancellationToken cancel);
}

/// <summary>One run of a slot on this host, from its start to its stop.</summary>
public sealed class SlotRun
{
    private readonly Action<SlotRun, string> _ended;

    internal SlotRun(SlotId slot, string kind, Epoch epoch, Action<SlotRun, string> ended) =>
        (Slot, Kind, Epoch, _ended) = (slot, kind, epoch, ended);

    /// <summary>The slot.</summary>
    public SlotId Slot { get; }

    /// <summary><c>replica</c>, <c>fork</c> or <c>standby</c>.</summary>
    public string Kind { get; }

    /// <summary>
    /// The version of the placement. Send it along with every write, so that a resource can refuse an older one.
    /// </summary>
    public Epoch Epoch { get; }

    /// <summary>
    /// Says that the slot ended by itself and nothing of it runs any more, so that it gets another place.
    /// </summary>
    /// <param name="detail">What happened, in words.</param>
    public void Ended(string detail) => _ended(this, detail);

    public override string ToString() => $"{Slot} under {Epoch}";
}
