namespace Holdfast.Failover.Rounds.Passages;

/// <summary>Where the steps of all processes go through; a trap can be set in it.</summary>
internal sealed class Turnstile
{
    private volatile Trap? _trap;

    public void Set(Trap? trap) => _trap = trap;

    /// <summary>Whether a step may go on; false: it is to be forgotten.</summary>
    public Task<bool> PassAsync(string process, SweepStep step, StepSide side) =>
        _trap is { } trap ? trap.PassAsync(process, step, side) : Task.FromResult(true);
}
