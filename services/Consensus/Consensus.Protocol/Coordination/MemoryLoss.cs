using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Coordination;

/// <summary>
/// A memory of a shard that is not there any more, as who reports it knew it. The limits of its fields are part of the
/// protocol.
/// </summary>
public sealed record LostMemory
{
    /// <summary>The longest <see cref="Gen"/> or <see cref="Run"/>; Redis' own have 40 characters.</summary>
    public const int NameCharactersMax = 64;

    /// <exception cref="FormatException">A field breaks its rule.</exception>
    public LostMemory(int shard, string gen, ulong seq, string run)
    {
        if (shard is < 0 or >= CoordinationLimits.ShardsMax)
            throw new FormatException($"shard is {shard}; 0 to {CoordinationLimits.ShardsMax - 1} is legal.");
        if (gen.Length == 0 || !IsName(gen))
            throw new FormatException($"gen must be 1 to {NameCharactersMax} characters of A-Z a-z 0-9 . _ -.");
        if (!IsName(run))
            throw new FormatException($"run must be 0 to {NameCharactersMax} characters of A-Z a-z 0-9 . _ -.");
        (Shard, Gen, Seq, Run) = (shard, gen, seq, run);
    }

    public int Shard { get; }

    /// <summary>The name of the memory; one that its reporter made up where it never knew it.</summary>
    public string Gen { get; }

    /// <summary>How far the reporter knew it.</summary>
    public ulong Seq { get; }

    /// <summary>The process that answered without it; empty where none said which it is.</summary>
    public string Run { get; }

    private static bool IsName(string text) =>
        text.Length <= NameCharactersMax && text.All(one => char.IsAsciiLetterOrDigit(one) || one is '.' or '_' or '-');
}

/// <summary>What a loss of memory was seen by. The numbers are in the log and must not change.</summary>
public enum LossEvidence
{
    /// <summary>Another memory answers, or none.</summary>
    Gen = 1,

    /// <summary>Another process answers, and nobody can say that it lost nothing.</summary>
    Run = 2,

    /// <summary>The same memory has gone back.</summary>
    Seq = 3,
}

/// <summary>A loss as the log has it.</summary>
public sealed record MemoryLoss
{
    public required LostMemory Memory { get; init; }

    /// <summary>The token of the entry: higher than every token minted before. Lower ones count no more on the shard.
    /// </summary>
    public required Token Floor { get; init; }

    public required LossEvidence Evidence { get; init; }

    public required long LostAtUnixMs { get; init; }

    public required string? TraceParent { get; init; }
}
