namespace Holdfast.Failover.Rounds.Passages;

/// <summary>
/// Where the steps of all processes go through; a trap can be set in it. It also knows when a passage broke, whose
/// process then sees faults that nobody meant.
/// </summary>
internal sealed class Turnstile
{
    private readonly TaskCompletionSource _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Trap? _trap;

    /// <summary>Fails when a passage breaks; completes in no other way.</summary>
    public Task Broken => _broken.Task;

    public void Set(Trap? trap) => _trap = trap;

    /// <summary>A passage could not read or pass on what came.</summary>
    public void Break(string process, Exception fault) =>
        _broken.TrySetException(new InvalidOperationException($"A passage of {process} broke: {fault.Message}", fault));

    /// <summary>Whether a step may go on; false: it is to be forgotten.</summary>
    public Task<bool> PassAsync(string process, SweepStep step, StepSide side) =>
        _trap is { } trap ? trap.PassAsync(process, step, side) : Task.FromResult(true);
}
