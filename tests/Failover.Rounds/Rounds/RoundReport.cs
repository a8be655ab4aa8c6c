using Holdfast.Failover.Rounds.Passages;

namespace Holdfast.Failover.Rounds.Rounds;

/// <summary>What one round came to.</summary>
internal sealed record RoundReport
{
    private const int ProblemsSaid = 12;

    public required RoundPlan Plan { get; init; }

    /// <summary>Where in the sweep it happened; null where the sweep was over before.</summary>
    public string? At { get; init; }

    /// <summary>The steps of a sweep that was over before, else none.</summary>
    public IReadOnlyList<SweepStep> Course { get; init; } = [];

    /// <summary>Writes that the guarded resource took.</summary>
    public long Accepted { get; init; }

    /// <summary>Writes that it refused because of their epoch.</summary>
    public long Refused { get; init; }

    /// <summary>Calls of Failover that a shard refused because of their token.</summary>
    public int RefusedCalls { get; init; }

    /// <summary>Announcements that were heard, repeats included.</summary>
    public int Announcements { get; init; }

    public double Seconds { get; init; }

    /// <summary>What should not be; empty when all is well.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>What else was known in the end of a round that did not come to its end.</summary>
    public IReadOnlyList<string> Findings { get; init; } = [];

    public override string ToString() =>
        $"seed {Plan.Seed}: {Plan.Fault} {At ?? "nowhere"}, {Plan.Grains} grains, {Accepted} writes taken, " +
        $"{Refused} refused, {RefusedCalls} calls refused, {Announcements} announcements, {Seconds:F1} s" +
        string.Concat(Problems.Take(ProblemsSaid).Concat(Findings).Select(line => "\n  " + line)) +
        (Problems.Count == 0 ? "" : $"\n  to repeat: {Plan.Command}");
}
