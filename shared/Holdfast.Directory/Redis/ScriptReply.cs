using System.Globalization;
using Holdfast.Primitives;
using StackExchange.Redis;

namespace Holdfast.Directory.Redis;

/// <summary>
/// What every script answers: status, the memory it answered from, a token, the process that the memory was in and
/// where that began, and what the operation adds.
/// </summary>
internal readonly struct ScriptReply
{
    private const int CommonParts = 6;

    private readonly RedisResult[] _parts;

    public ScriptReply(RedisResult result)
    {
        _parts = (RedisResult[])result;
        Invariant.Holds(_parts.Length >= CommonParts);
        Status = StatusText.Read((string)_parts[0]);
        Version = new ShardVersion(
            (string)_parts[1], ulong.Parse((string)_parts[2], CultureInfo.InvariantCulture));
        Bound = ReadToken((string)_parts[3]);
        Sighting = new MemorySighting(
            Version.Gen,
            Version.Seq,
            (string)_parts[4],
            ulong.Parse((string)_parts[5], CultureInfo.InvariantCulture));
    }

    public DirectoryStatus Status { get; }

    public ShardVersion Version { get; }

    public Token Bound { get; }

    public MemorySighting Sighting { get; }

    public ShardAnswer ToShardAnswer(int shard) => new(shard, Status, Version, Bound);

    /// <summary>
    /// Of scripts that also answer the process that the shard was opened on, their own, and where the first began.
    /// </summary>
    public ShardAnswer ToShardAnswerWithRuns(int shard) => ToShardAnswer(shard) with
    {
        Run = Text(0),
        Process = Text(1),
        Since = ulong.Parse(Text(2), CultureInfo.InvariantCulture),
    };

    public string Text(int index) => (string)_parts[CommonParts + index];

    public long Number(int index) => (long)_parts[CommonParts + index];

    public string[] Texts(int index) => (string[])_parts[CommonParts + index];

    /// <summary>Empty means none.</summary>
    public static Token ReadToken(string text) => text.Length == 0 ? Token.None : Token.Parse(text);
}
