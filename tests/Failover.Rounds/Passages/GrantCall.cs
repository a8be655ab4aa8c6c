using System.Globalization;
using System.Security.Cryptography;
using System.Text;
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

    // The places of election and token among the arguments are those that the scripts name.
    private static readonly Dictionary<string, (GrantWork Work, int ElectionAt)> Scripts =
        new(StringComparer.OrdinalIgnoreCase)
        {
            [DigestOf("shard.lua", "install_grant.lua")] = (GrantWork.Install, 1),
            [DigestOf("shard.lua", "change.lua", "promote.lua")] = (GrantWork.Promote, 6),
            [DigestOf("shard.lua", "trim_outbox.lua")] = (GrantWork.Trim, 1),
        };

    /// <summary>Null for every other command.</summary>
    public static GrantCall? TryRead(IReadOnlyList<string> words, Moment now)
    {
        if (words.Count <= ArgumentsAt) return null;
        var digest = words[0] switch
        {
            "EVALSHA" => words[ScriptAt],
            "EVAL" => Digest(Encoding.Latin1.GetBytes(words[ScriptAt])),
            _ => "",
        };
        if (!Scripts.TryGetValue(digest, out var script)) return null;
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

    private static string DigestOf(params string[] parts) => Digest([.. parts.SelectMany(Read)]);

    private static byte[] Read(string part)
    {
        using var stream = typeof(RedisGrainDirectory).Assembly.GetManifestResourceStream(part) ??
            throw new InvalidOperationException($"The script part {part} is not embedded.");
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

#pragma warning disable CA5350 // Redis names scripts by their SHA-1; nothing secret hangs on it.
    private static string Digest(byte[] text) => Convert.ToHexString(SHA1.HashData(text));
#pragma warning restore CA5350
}
