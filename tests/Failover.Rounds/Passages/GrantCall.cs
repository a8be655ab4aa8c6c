using System.Globalization;
using Holdfast.Directory.Redis;
using Holdfast.Primitives;
using Holdfast.Simulation.Histories;

namespace Holdfast.Failover.Rounds.Passages;

/// <summary>What a script under a grant does.</summary>
internal enum GrantWork
{
    Install,
    Promote,
    Trim,
}

/// <summary>A call of a script that works under an election's grant, as it goes to Redis.</summary>
internal sealed record GrantCall(
    GrantWork Work, int Shard, ElectionName Election, Token Token, Moment Began, SweepStep Step)
{
    /// <summary>When it was asked for.</summary>
    public DateTime At { get; init; } = DateTime.UtcNow;

    // EVALSHA digest 1 {hf:07}:meta, and the arguments of the script.
    private const int ScriptAt = 1;
    private const int KeyAt = 3;
    private const int ArgumentsAt = 4;

    // By the digest and by the text: either names a script, EVALSHA by the one and EVAL by the other. The places of
    // election and token among the arguments are those that the scripts name.
    private static readonly Dictionary<string, (GrantWork Work, int ElectionAt)> Scripts =
        new(Named(RedisScript.InstallGrant, GrantWork.Install, 1)
            .Concat(Named(RedisScript.Promote, GrantWork.Promote, 6))
            .Concat(Named(RedisScript.TrimOutbox, GrantWork.Trim, 1)), StringComparer.OrdinalIgnoreCase);

    /// <summary>Null for every other command.</summary>
    public static GrantCall? TryRead(IReadOnlyList<string> words, Moment now)
    {
        if (words.Count <= ArgumentsAt) return null;
        if (words[0] is not ("EVALSHA" or "EVAL")) return null;
        if (!Scripts.TryGetValue(words[ScriptAt], out var script)) return null;
        var key = words[KeyAt];
        var colon = key.IndexOf(':', StringComparison.Ordinal);
        var shard = int.Parse(key.AsSpan(colon + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        var at = ArgumentsAt + script.ElectionAt;
        return new GrantCall(
            script.Work,
            shard,
            new ElectionName(words[at]),
            Token.Parse(words[at + 1]),
            now,
            new SweepStep($"the {Word(script.Work)} on shard {shard}"));
    }

    private static string Word(GrantWork work) => work switch
    {
        GrantWork.Install => "grant",
        GrantWork.Promote => "promotion",
        _ => "trim",
    };

    private static IEnumerable<KeyValuePair<string, (GrantWork Work, int ElectionAt)>> Named(
        RedisScript script, GrantWork work, int electionAt) =>
    [
        new(Convert.ToHexString(script.Digest), (work, electionAt)),
        new(script.Text, (work, electionAt)),
    ];
}
