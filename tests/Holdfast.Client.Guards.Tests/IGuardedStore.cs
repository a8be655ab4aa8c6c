namespace Holdfast.Client.Guards.Tests;

/// <summary>
/// Something that owners write to, behind one of the guards: a list of words for each grain. Epochs come as text, as a
/// program in another language would send them.
/// </summary>
public interface IGuardedStore
{
    /// <summary>Appends a word, unless the guard refuses.</summary>
    Task<WriteAnswer> WriteAsync(GrainId grain, string epoch, string word);

    /// <summary>What was written for a grain, in the order in which it took effect.</summary>
    Task<IReadOnlyList<string>> ReadAsync(GrainId grain);

    /// <summary>Ends the resource without a chance to write anything where that can be, and starts it again.</summary>
    Task RestartAsync();

    /// <summary>Takes its highest epochs from the guard, and leaves the words: a loss of memory.</summary>
    Task ForgetAsync();
}

/// <summary>What a write came to.</summary>
public enum WriteOutcome
{
    Written,
    Refused,
    Malformed,
}

/// <summary>What the resource answered.</summary>
/// <param name="Outcome">What the write came to.</param>
/// <param name="Said">The highest epoch seen; of what is malformed: the error.</param>
public sealed record WriteAnswer(WriteOutcome Outcome, string Said)
{
    public static WriteAnswer Of(GateAnswer answer) =>
        new(answer.Passed ? WriteOutcome.Written : WriteOutcome.Refused, answer.Highest.ToString());

    public static WriteAnswer Malformed(string error) => new(WriteOutcome.Malformed, error);
}
