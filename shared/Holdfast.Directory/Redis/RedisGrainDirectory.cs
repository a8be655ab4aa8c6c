using System.Globalization;
using Holdfast.Directory.Changes;
using Holdfast.Primitives;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Holdfast.Directory.Redis;

/// <summary>
/// The grain directory in Redis: each operation is one Lua script (Scripts/*.lua) on the keys of one shard, which
/// share a hash tag, so that the same scripts run on one server and on a Redis Cluster.
/// </summary>
public sealed partial class RedisGrainDirectory : ShardedGrainDirectory, IAsyncDisposable
{
    // How many remembered changes one script looks through for a grain.
    private const int HistoryScanMax = 100;

    private readonly DirectoryOptions _options;
    private readonly RedisConnection _redis;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly MemoryWitness[] _witnesses;

    /// <summary>Connects in the background from the first call on.</summary>
    public RedisGrainDirectory(
        DirectoryOptions options, ILogger<RedisGrainDirectory> logger, TimeProvider? time = null)
        : base(options.Shards, Trace(options))
    {
        _options = options;
        _logger = logger;
        _time = time ?? TimeProvider.System;
        _redis = new RedisConnection(options, logger, _time, LookAgainAsync);
        _witnesses = [.. Enumerable.Range(0, options.Shards).Select(shard => new MemoryWitness(shard))];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ForgottenMemory> Forgotten =>
        [.. _witnesses.Select(witness => witness.Forgotten).OfType<ForgottenMemory>()];

    /// <inheritdoc/>
    public override void FoundAgain(ForgottenMemory memory) => _witnesses[memory.Shard].FoundAgain(memory);

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    private protected override async Task<IReadOnlyList<GrainAnswer>> LookupPartAsync(
        int shard, IReadOnlyList<GrainId> grains, CancellationToken cancel)
    {
        var reply = await RunAsync(
            RedisScript.Lookup, shard, cancel, [.. grains.Select(grain => (RedisValue)grain.ToString())]);
        if (reply.Status != DirectoryStatus.Ok) return RefuseAll(grains, reply);
        var records = reply.Texts(0);
        return [.. grains.Select((grain, index) => Answer(
            grain,
            records[index].Length == 0 ? DirectoryStatus.NotFound : DirectoryStatus.Ok,
            records[index],
            default,
            reply))];
    }

    private protected override async Task<IReadOnlyList<GrainAnswer>> ClaimPartAsync(
        int shard,
        IReadOnlyList<GrainClaim> grains,
        ClusterId cluster,
        SessionId session,
        Token token,
        CancellationToken cancel)
    {
        var arguments = grains.SelectMany(claim => new RedisValue[]
        {
            claim.Grain.ToString(),
            claim.ExpectedEpoch is { } expected ? RecordText.Epoch(expected) : "",
            Flag(claim.Kind),
        });
        var reply = await ChangeAsync(
            RedisScript.Claim, shard, cancel, [cluster.Value, session.ToString(), Text(token), .. arguments]);
        return EachGrain([.. grains.Select(claim => claim.Grain)], reply);
    }

    private protected override async Task<GrainAnswer> RegisterOneAsync(
        int shard, GrainId grain, ClusterId cluster, ulong number, CancellationToken cancel)
    {
        var hex = number.ToString("x", CultureInfo.InvariantCulture);
        var reply = await ChangeAsync(
            RedisScript.Register, shard, cancel, cluster.Value, hex, grain.ToString());
        return Answer(grain, reply.Status, reply.Text(0), default, reply);
    }

    private protected override async Task<IReadOnlyList<GrainAnswer>> ReleasePartAsync(
        int shard, IReadOnlyList<HeldGrain> grains, SessionId session, CancellationToken cancel)
    {
        var reply = await ChangeAsync(
            RedisScript.Release, shard, cancel, [session.ToString(), .. HeldArguments(grains)]);
        return EachGrain([.. grains.Select(held => held.Grain)], reply);
    }

    private protected override async Task<GrainPage> ListAsync(
        int shard, ClusterId cluster, string? cursor, CancellationToken cancel)
    {
        var reply = await RunAsync(
            RedisScript.List, shard, cancel, cluster.Value, ScanCursor(cursor), _options.GrainsPerScan);
        var (records, malformed) = ReadPage(reply, shard, $"cluster {cluster}");
        return new GrainPage(reply.Status, records, NextCursor(reply.Text(0)), reply.Version) { Malformed = malformed };
    }

    private protected override async Task<ShardAnswer> InstallAsync(
        int shard, ElectionName election, Token token, CancellationToken cancel) =>
        (await RunAsync(RedisScript.InstallGrant, shard, cancel, election.Value, Text(token))).ToShardAnswer(shard);

    private protected override async Task<OutboxPage> ReadAsync(
        int shard, ulong after, int entriesMax, CancellationToken cancel)
    {
        var reply = await RunAsync(
            RedisScript.ReadOutbox, shard, cancel, Text(after), entriesMax, DirectoryLimits.OutboxPageBytesMax);
        var entries = reply.Texts(0).Chunk(4).Select(entry => new OutboxEntry(
            ulong.Parse(entry[0], CultureInfo.InvariantCulture), entry[1], entry[2], entry[3]));
        return new OutboxPage(reply.Status, [.. entries], reply.Bound, reply.Version)
        {
            Run = reply.Text(1),
            Process = reply.Text(2),
        };
    }

    private protected override async Task<ShardAnswer> TrimAsync(
        int shard, ElectionName election, Token token, ulong upTo, CancellationToken cancel)
    {
        var reply = await RunAsync(
            RedisScript.TrimOutbox, shard, cancel, election.Value, Text(token), Text(upTo));
        return reply.ToShardAnswer(shard);
    }

    private protected override async Task<HistoryAnswer> HistoryOfAsync(
        int shard, GrainId grain, int entriesMax, CancellationToken cancel)
    {
        var found = new List<HistoryEntry>();
        for (var from = "+"; ;)
        {
            var reply = await RunAsync(
                RedisScript.History, shard, cancel, grain.ToString(), from, HistoryScanMax);
            foreach (var entry in reply.Texts(1).Chunk(3))
            {
                if (ReadHistory(entry) is { } readable) found.Add(readable);
            }

            var last = reply.Text(0);
            if (last.Length == 0 || found.Count >= entriesMax)
                return new HistoryAnswer(reply.Status, [.. found.Take(entriesMax)]);
            from = $"({last}";
        }
    }

    private static CallTrace Trace(DirectoryOptions options)
    {
        var first = (options.Sentinels ?? options.Redis).Split(',')[0];
        var colon = first.LastIndexOf(':');
        return new CallTrace("redis", first[..colon], int.Parse(first[(colon + 1)..], CultureInfo.InvariantCulture));
    }

    private static RedisKey Key(int shard) => $"{{hf:{GrainShard.Name(shard)}}}:meta";

    private static RedisValue Text(Token token) => token.ToString();

    private static RedisValue Text(ulong number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>The answer for one grain, whose record may be absent, or be none.</summary>
    private static GrainAnswer Answer(
        GrainId grain, DirectoryStatus status, string text, Token bound, ScriptReply reply)
    {
        if (text.Length == 0) return new GrainAnswer(grain, status, null, bound, reply.Version);
        return RecordText.TryRead(grain, text) is { } record
            ? new GrainAnswer(grain, status, record, bound, reply.Version)
            : new GrainAnswer(grain, DirectoryStatus.WrongFormat, null, default, reply.Version);
    }

    /// <summary>What is remembered; null where a program wrote something else by hand.</summary>
    private static HistoryEntry? ReadHistory(string[] entry)
    {
        try
        {
            var change = ChangeText.Read($"{entry[1]}\n{entry[2]}");
            return HistoryOf.Entry(
                change, change.Grains[0], ulong.Parse(entry[0], CultureInfo.InvariantCulture));
        }
        catch (Exception malformed) when (malformed is FormatException or OverflowException or ArgumentException)
        {
            return null;
        }
    }

    private static string ScanCursor(string? cursor) => cursor switch
    {
        null => "0",
        _ when ulong.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out _) => cursor,
        _ => throw new ArgumentException($"'{cursor}' is not a cursor of this directory.", nameof(cursor)),
    };

    private static string? NextCursor(string cursor) => cursor == "0" ? null : cursor;

    private static IReadOnlyList<GrainAnswer> RefuseAll(IReadOnlyList<GrainId> grains, ScriptReply reply) =>
        [.. grains.Select(grain => new GrainAnswer(grain, reply.Status, null, default, reply.Version))];

    /// <summary>Reads status, bound and record of each grain.</summary>
    private static IReadOnlyList<GrainAnswer> EachGrain(IReadOnlyList<GrainId> grains, ScriptReply reply)
    {
        if (reply.Status != DirectoryStatus.Ok) return RefuseAll(grains, reply);
        var texts = reply.Texts(0);
        return [.. grains.Select((grain, index) => Answer(
            grain,
            StatusText.Read(texts[3 * index]),
            texts[3 * index + 2],
            ScriptReply.ReadToken(texts[3 * index + 1]),
            reply))];
    }

    /// <summary>
    /// A page of grain, record, grain, record, without those that cannot be read, and how many these are.
    /// </summary>
    private (List<GrainRecord> Records, int Malformed) ReadPage(ScriptReply reply, int shard, string whose)
    {
        var rows = reply.Texts(1).Chunk(2).ToList();
        var records = rows
            .Select(row => GrainId.TryParse(row[0], out var grain) ? RecordText.TryRead(grain, row[1]) : null)
            .OfType<GrainRecord>()
            .ToList();
        TellMalformed(shard, whose, rows.Count - records.Count);
        return (records, rows.Count - records.Count);
    }

    private void TellMalformed(int shard, string whose, long count)
    {
        if (count > 0) Log.RecordsMalformed(_logger, count, whose, GrainShard.Name(shard));
    }

    private async Task<ScriptReply> RunAsync(
        RedisScript script, int shard, CancellationToken cancel, params RedisValue[] arguments)
    {
        var known = _witnesses[shard].Known;
        var result = await _redis.EvaluateAsync(script, Key(shard), [_options.Shards, .. arguments], cancel);
        try
        {
            var reply = new ScriptReply(result);
            _witnesses[shard].Saw(known, reply.Sighting);
            return reply;
        }
        catch (Exception malformed) when (malformed is FormatException or OverflowException)
        {
            throw new DirectoryUnavailableException(
                $"the meta of shard {GrainShard.Name(shard)} cannot be read: {malformed.Message}", malformed);
        }
    }

    /// <summary>
    /// Runs a script that changes ownership: it also gets time, trace and the bounds of what it writes.
    /// </summary>
    private Task<ScriptReply> ChangeAsync(
        RedisScript script, int shard, CancellationToken cancel, params RedisValue[] arguments) =>
        RunAsync(
            script,
            shard,
            cancel,
            [
                _time.GetUtcNow().ToUnixTimeMilliseconds(),
                TraceParent.Current,
                _options.OutboxEntriesPerShard,
                _options.OutboxBytesPerShard,
                _options.HistoryEntriesMax,
                .. arguments,
            ]);
}
