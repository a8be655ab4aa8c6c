using System.Security.Cryptography;
using System.Text;
using Holdfast.Primitives;
using StackExchange.Redis;

namespace Holdfast.Client;

/// <summary>
/// A write to Redis that Redis itself refuses when it has seen a higher epoch for the grain. The write is a piece of
/// Lua of the user's, run in the same script as the comparison, so nothing comes between them. Thread-safe; make one
/// per kind of write and keep it.
/// </summary>
/// <remarks>
/// The highest epoch stands in a key of its own (<see cref="EpochKey"/>) beside the data, without an expiry, and is as
/// durable as Redis keeps it: docs/protocols/guards.md says what a Redis that forgets costs.
/// </remarks>
public sealed class RedisGuardedWrite
{
    private const string Malformed = "EPOCHMALFORMED";
    private const string Unknown = "NOSCRIPT";

    private static readonly string Guard = ReadGuard();

    private readonly byte[] _digest;

    /// <summary>Puts a write behind the guard.</summary>
    /// <param name="write">
    /// The body of a Lua function with its own <c>KEYS</c> and <c>ARGV</c>, for instance
    /// <c>return redis.call('SET', KEYS[1], ARGV[1])</c>.
    /// </param>
    public RedisGuardedWrite(string write)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(write);
        Script = $"local function write(KEYS, ARGV)\n{write}\nend\n{Guard}";
#pragma warning disable CA5350 // Redis names scripts by their SHA-1; nothing secret hangs on it.
        _digest = SHA1.HashData(Encoding.UTF8.GetBytes(Script));
#pragma warning restore CA5350
    }

    /// <summary>
    /// The whole script, for other clients: <c>KEYS</c> and <c>ARGV</c> are those of the write behind the key of the
    /// epoch and the epoch.
    /// </summary>
    public string Script { get; }

    /// <summary>Where the highest epoch of a grain stands: <c>holdfast:epoch:{type/key}</c>.</summary>
    public static RedisKey EpochKey(GrainId grain) => $"holdfast:epoch:{Tag(grain)}";

    /// <summary>
    /// <c>{type/key}</c>: keys that contain it are on the same node of a Redis Cluster as <see cref="EpochKey"/>, as
    /// long as no other brace stands before it.
    /// </summary>
    public static string Tag(GrainId grain) => $"{{{grain}}}";

    /// <summary>
    /// Writes unless a higher epoch was seen. Repeated, it writes again: under the same epoch everything passes.
    /// </summary>
    /// <param name="redis">Where the data is. Its own errors are thrown as they come.</param>
    /// <param name="grain">Whose epoch is compared.</param>
    /// <param name="epoch">Under which the caller holds it.</param>
    /// <param name="keys">The keys of the write; on a Redis Cluster each with <see cref="Tag"/>.</param>
    /// <param name="values">The values of the write.</param>
    /// <param name="cancel">
    /// Gives up waiting, which the client's asynchronous calls never do by themselves; then it may or may not have been
    /// carried out.
    /// </param>
    /// <returns>The answer, and what the write returned; null where it returned nothing.</returns>
    /// <exception cref="MalformedEpochException">Where the epoch should stand, something else does.</exception>
    /// <exception cref="RedisServerException">
    /// The write failed half way. The epoch may be remembered by then.
    /// </exception>
    public async Task<Guarded<RedisResult>> RunAsync(
        IDatabaseAsync redis,
        GrainId grain,
        Epoch epoch,
        RedisKey[] keys,
        RedisValue[] values,
        CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(redis);
        var epochKey = EpochKey(grain);
        RedisKey[] allKeys = [epochKey, .. keys];
        RedisValue[] allValues = [epoch.ToString(), .. values];
        try
        {
            return Read((RedisResult[])await EvaluateAsync(redis, allKeys, allValues).WaitAsync(cancel));
        }
        catch (RedisServerException refusal) when (Says(refusal, Malformed))
        {
            var found = refusal.Message.Split(" is ", 2)[^1];
            throw new MalformedEpochException($"The value of {epochKey}", found, refusal);
        }
    }

    private async Task<RedisResult> EvaluateAsync(IDatabaseAsync redis, RedisKey[] keys, RedisValue[] values)
    {
        try
        {
            return await redis.ScriptEvaluateAsync(_digest, keys, values, CommandFlags.DemandMaster);
        }
        catch (RedisServerException forgotten) when (Says(forgotten, Unknown))
        {
            // Runs it, and keeps it for the calls by digest that follow.
            object[] eval = [Script, keys.Length, .. keys.Cast<object>(), .. values.Cast<object>()];
            return await redis.ExecuteAsync("EVAL", eval, CommandFlags.DemandMaster);
        }
    }

    private static Guarded<RedisResult> Read(RedisResult[] reply)
    {
        var answer = new GateAnswer((long)reply[0] == 1, Epoch.Parse((string)reply[1]));
        if (!answer.Passed) Telemetry.EpochRefused(Telemetry.RedisGuard);
        return new Guarded<RedisResult>(answer, reply.Length > 2 ? reply[2] : null);
    }

    private static bool Says(RedisServerException error, string code) =>
        error.Message.StartsWith(code, StringComparison.Ordinal);

    private static string ReadGuard()
    {
        using var stream = typeof(RedisGuardedWrite).Assembly.GetManifestResourceStream("guard.lua") ??
            throw new InvalidOperationException("guard.lua is not embedded.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
