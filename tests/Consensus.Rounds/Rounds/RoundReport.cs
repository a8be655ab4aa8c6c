using System.Text.Json;

namespace Holdfast.Consensus.Rounds.Rounds;

/// <summary>What one round came to; the process in the sandbox says it in its last line.</summary>
internal sealed record RoundReport
{
    private const string Mark = "round-report ";
    private const int ProblemsSaid = 12;

    public required ulong Seed { get; init; }

    public required string Fault { get; init; }

    public int Acknowledged { get; init; }

    /// <summary>Acknowledged while the fault lasted.</summary>
    public int AcknowledgedMeanwhile { get; init; }

    public int Lost { get; init; }

    /// <summary>Terms that had a leader.</summary>
    public int Terms { get; init; }

    public double Seconds { get; init; }

    /// <summary>Why it was not run; null when it was.</summary>
    public string? Skipped { get; init; }

    /// <summary>What should not be; empty when all is well.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    public bool IsWell => Skipped is null && Problems.Count == 0;

    public static RoundReport? TryRead(string line) => line.StartsWith(Mark, StringComparison.Ordinal)
        ? JsonSerializer.Deserialize<RoundReport>(line.AsSpan(Mark.Length))
        : null;

    public string ToLine() => Mark + JsonSerializer.Serialize(this);

    public override string ToString() => Skipped is not null
        ? $"seed {Seed}: skipped. {Skipped}"
        : $"seed {Seed}: {Fault}, {Acknowledged} writes acknowledged ({AcknowledgedMeanwhile} meanwhile), " +
            $"{Lost} lost, {Terms} terms, {Seconds:F1} s" +
            string.Concat(Problems.Take(ProblemsSaid).Select(problem => "\n  " + problem));
}
