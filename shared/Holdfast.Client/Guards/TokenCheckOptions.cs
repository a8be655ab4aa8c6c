using System.ComponentModel.DataAnnotations;

namespace Holdfast.Client;

/// <summary>What a resource does with a write while Consensus does not say whether its owner lives.</summary>
public enum UnverifiedTokens
{
    /// <summary>
    /// Leaves it to the guard, which is safe by itself: owners go on while Consensus is away.
    /// </summary>
    Accept,

    /// <summary>Refuses it until Consensus answers: nobody writes while Consensus is away.</summary>
    Refuse,
}

/// <summary>How a resource asks Consensus about the tokens that it is shown.</summary>
public sealed record TokenCheckOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "TokenCheck";

    /// <summary>
    /// How long an answer is believed before Consensus is asked again: an owner that was fenced meanwhile passes for
    /// that long. Shorter finds out sooner and asks more often, about once for each session and this time. From 0
    /// (every write asks, or shares a question that is under way) to 1 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan FreshFor { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long one check may take; then the token counts as unverified. A write waits for as long as this at most.
    /// From 10 ms to 1 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan Deadline { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Answers that are kept, some 200 bytes each; beyond, the oldest is forgotten and asked for again. From 1 to
    /// 1,000,000.
    /// </summary>
    [Range(1, 1_000_000)]
    public int AnswersMax { get; init; } = 10_000;

    /// <summary>What happens to writes while Consensus does not answer.</summary>
    public UnverifiedTokens Unverified { get; init; } = UnverifiedTokens.Accept;

    /// <summary>
    /// What is wrong with these options, each as a sentence that names section, key, value and range.
    /// </summary>
    public IEnumerable<string> Problems()
    {
        if (FreshFor < TimeSpan.Zero || FreshFor > TimeSpan.FromMinutes(1))
            yield return $"{Section}:FreshFor is {FreshFor}; 0 to 00:01:00 is wanted.";
        if (Deadline < TimeSpan.FromMilliseconds(10) || Deadline > TimeSpan.FromMinutes(1))
            yield return $"{Section}:Deadline is {Deadline}; 00:00:00.010 to 00:01:00 is wanted.";
        if (AnswersMax is < 1 or > 1_000_000)
            yield return $"{Section}:AnswersMax is {AnswersMax}; 1 to 1,000,000 is wanted.";
        if (!Enum.IsDefined(Unverified))
            yield return $"{Section}:Unverified is {Unverified}; Accept or Refuse is wanted.";
    }
}
