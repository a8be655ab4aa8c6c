namespace Holdfast.Failover.Rounds.Passages;

/// <summary>
/// What one connection carries: cuts it into pieces that are passed on whole, and knows which of them are steps. Both
/// ways may be read at once.
/// </summary>
internal interface ITraffic
{
    /// <summary>
    /// The length of the next piece that the process sends, 0 while it is not whole, and the step that it is.
    /// </summary>
    (int Length, SweepStep? Step) Asked(ReadOnlySpan<byte> bytes);

    /// <summary>The same of what comes back, with the step that it answers.</summary>
    (int Length, SweepStep? Step) Answered(ReadOnlySpan<byte> bytes);

    /// <summary>Nothing comes any more: what was not answered will not be.</summary>
    void End();
}
