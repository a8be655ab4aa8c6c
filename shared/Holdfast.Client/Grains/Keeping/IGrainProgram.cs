using Holdfast.Directory;
using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>
/// What a user's program does with the grains that its <see cref="GrainKeeper"/> holds. Calls for different grains run
/// at the same time, those of one grain one after another. So within a load or a drain do not await
/// <see cref="GrainKeeper.RefusedAsync"/> of the same grain: it completes only after a load that waits for this call.
/// </summary>
public interface IGrainProgram
{
    /// <summary>
    /// Loads the state of a grain, from wherever its owners leave it, and completes when it can be served; only then
    /// <see cref="GrainKeeper.TryServe"/> says yes. Called for every new epoch, also when the grain was this program's
    /// before: another may have written in between. Throwing has it tried again after a pause.
    /// </summary>
    /// <param name="grain">The grain, and the epoch that goes along with every write of it.</param>
    /// <param name="cancel">Cancelled when the grain is lost, or held under a newer epoch, before it is loaded.</param>
    Task LoadAsync(HeldGrain grain, CancellationToken cancel);

    /// <summary>
    /// Finishes what is under way for a grain and completes when its state is where the next owner will load it: then
    /// the grain is offered to another cluster. Nothing new is served meanwhile. Throwing keeps the grain.
    /// </summary>
    /// <param name="grain">The grain, still held: writes under its epoch are this program's.</param>
    /// <param name="cancel">
    /// Cancelled at <see cref="GrainKeeperOptions.DrainDeadline"/>: the grain is kept then, and the next call for it
    /// does not wait for this one.
    /// </param>
    Task DrainAsync(HeldGrain grain, CancellationToken cancel);

    /// <summary>
    /// A grain is not this program's any more: what is kept of it in memory is of no use. Nothing of it is served from
    /// before this call. What it throws is logged.
    /// </summary>
    /// <param name="loss">What was held, and why it is not.</param>
    /// <param name="cancel">Cancelled when the keeper is disposed of.</param>
    Task LostAsync(GrainLoss loss, CancellationToken cancel);
}

/// <summary>Why a grain is not held any more.</summary>
public enum GrainLossCause
{
    /// <summary>Another session or cluster owns it by now: the holder was demoted.</summary>
    Demoted,

    /// <summary>The cluster that it was offered to has accepted it.</summary>
    Transferred,

    /// <summary>This program released it, or another that owned it since.</summary>
    Released,
}

/// <summary>A grain that is not held any more.</summary>
/// <param name="Grain">The grain.</param>
/// <param name="Epoch">The epoch under which it was held.</param>
/// <param name="Cause">Why.</param>
/// <param name="Record">What the directory has of it, where it has something.</param>
public sealed record GrainLoss(GrainId Grain, Epoch Epoch, GrainLossCause Cause, GrainRecord? Record);
