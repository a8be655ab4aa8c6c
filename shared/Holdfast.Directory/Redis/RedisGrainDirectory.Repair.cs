using System.Security.Cryptography;
using Holdfast.Directory.Changes;
using Holdfast.Primitives;
using StackExchange.Redis;

namespace Holdfast.Directory.Redis;

/// <summary>Opening, what follows a loss of memory, and what keeps a shard small.</summary>
public sealed partial class RedisGrainDirectory
{
    internal override async Task<string?> UnfitAsync(IReadOnlyList<DirectoryDuty> duties, CancellationToken cancel)
    {
        RedisValue[] arguments = [Shards, .. duties.Select(duty => (RedisValue)duty.Name)];
        var checks = await Task.WhenAll(Enumerable.Range(0, Shards).Select(CheckAsync));
        return checks.FirstOrDefault(found => found is not null);

        async Task<string?> CheckAsync(int shard)
        {
            var wrong = (string[])await _redis.EvaluateAsync(RedisScript.Check, Key(shard), arguments, cancel);
            return wrong switch
            {
                ["evicts", var policy, ..] => $"a Redis that drops no keys by itself: the maxmemory-policy of " +
                    $"{_options.RedisName} is {policy}, noeviction or volatile-* is wanted",
                ["forbids", var command, ..] => $"the right to {command} at {_options.RedisName} for the user " +
                    $"'{_options.User ?? "default"}'; deploy/access.sh lists what is wanted",
                _ => null,
            };
        }
    }

    /// <summary>
    /// A new connection may lead to another process: what was acknowledged before is compared with it at once, also
    /// where nothing else is asked for long.
    /// </summary>
    private async Task LookAgainAsync(CancellationToken cancel)
    {
        await Task.Yield();
        var known = Enumerable.Range(0, Shards).Where(shard => _witnesses[shard].Known is not null);
        await Task.WhenAll(known.Select(LookAsync));

        async Task LookAsync(int shard)
        {
            try
            {
                await DescribeAsync(shard, cancel);
            }
            catch (Exception failure) when (failure is DirectoryUnavailableException or OperationCanceledException)
            {
                // Lost again; the next connection comes here, too.
                return;
            }
        }
    }

    private protected override Task<ShardAnswer> OpenAsync(
        int shard, ElectionName election, Token token, Token floor, CancellationToken cancel) =>
        OpenAsync(shard, election, token, floor, isLoss: false, cancel);

    private protected override Task<ShardAnswer> ReopenAsync(
        int shard, ElectionName election, Token token, Token floor, CancellationToken cancel) =>
        OpenAsync(shard, election, token, floor, isLoss: true, cancel);

    private protected override async Task<ShardAnswer> DescribeAsync(int shard, CancellationToken cancel) =>
        (await RunAsync(RedisScript.Describe, shard, cancel)).ToShardAnswerWithRuns(shard);

    private protected override async Task<ShardAnswer> ConfirmAsync(
        int shard, ElectionName election, Token token, ShardVersion known, CancellationToken cancel)
    {
        var reply = await RunAsync(
            RedisScript.Confirm, shard, cancel, election.Value, Text(token), known.Gen, Text(known.Seq));
        return reply.ToShardAnswerWithRuns(shard);
    }

    private protected override async Task<ShardAnswer> CloseWindowPartAsync(
        int shard, ElectionName election, Token token, Token opened, CancellationToken cancel)
    {
        var reply = await RunAsync(
            RedisScript.CloseWindow, shard, cancel, election.Value, Text(token), Text(opened));
        return reply.ToShardAnswer(shard);
    }

    private protected override async Task<IReadOnlyList<GrainAnswer>> ReassertPartAsync(
        int shard,
        IReadOnlyList<HeldGrain> grains,
        ClusterId cluster,
        SessionId session,
        Token token,
        CancellationToken cancel)
    {
        var arguments = grains.SelectMany(held => new RedisValue[]
        {
            held.Grain.ToString(), RecordText.Epoch(held.Epoch), Flag(held.Kind),
        });
        var reply = await ChangeAsync(
            RedisScript.Reassert, shard, cancel, [cluster.Value, session.ToString(), Text(token), .. arguments]);
        return EachGrain([.. grains.Select(held => held.Grain)], reply);
    }

    private static string Flag(GrainKind? kind) =>
        kind is { } known ? RecordText.Flags(known, tombstone: false) : "";

    private protected override async Task<IReadOnlyList<GrainAnswer>> ImportPartAsync(
        int shard,
        IReadOnlyList<GrainRecord> records,
        ElectionName election,
        Token token,
        CancellationToken cancel)
    {
        var arguments = records.SelectMany(record => new RedisValue[]
        {
            record.Grain.ToString(), RecordText.Write(record with { Offer = null }),
        });
        var reply = await ChangeAsync(
            RedisScript.Import, shard, cancel, [election.Value, Text(token), .. arguments]);
        return EachGrain([.. records.Select(record => record.Grain)], reply);
    }

    private protected override async Task<ShardAnswer> RaiseAsync(
        int shard, ElectionName election, Token token, Token floor, CancellationToken cancel)
    {
        var reply = await RunAsync(RedisScript.RaiseFloor, shard, cancel, election.Value, Text(token), Text(floor));
        return reply.ToShardAnswer(shard);
    }

    private protected override async Task<EraseAnswer> EraseAsync(
        int shard, ElectionName election, Token token, string? cursor, CancellationToken cancel)
    {
        var reply = await RunAsync(
            RedisScript.Erase,
            shard,
            cancel,
            election.Value,
            Text(token),
            ScanCursor(cursor),
            _options.GrainsPerScan);
        return new EraseAnswer(
            reply.Status, (int)reply.Number(0), NextCursor(reply.Text(1)), reply.Bound, reply.Version);
    }

    private protected override async Task<GrainPage> ScanPartAsync(
        int shard, string? cursor, CancellationToken cancel)
    {
        var reply = await RunAsync(
            RedisScript.Scan, shard, cancel, ScanCursor(cursor), _options.GrainsPerScan);
        var (records, malformed) = ReadPage(reply, shard, "all clusters");
        return new GrainPage(reply.Status, records, NextCursor(reply.Text(0)), reply.Version) { Malformed = malformed };
    }

    private protected override async Task<CountAnswer> CountPartAsync(
        int shard, IReadOnlyList<ClusterId> clusters, CancellationToken cancel)
    {
        var reply = await RunAsync(
            RedisScript.Count,
            shard,
            cancel,
            [DirectoryLimits.ClustersPerCallMax, .. clusters.Select(cluster => (RedisValue)cluster.Value)]);
        var now = _time.GetUtcNow().UtcDateTime;
        return new CountAnswer(reply.Status, [.. reply.Texts(0).Select(long.Parse)], reply.Version)
        {
            Others =
            [
                .. reply.Texts(1).Chunk(2).Select(one => new OwnedGrains(new ClusterId(one[0]), long.Parse(one[1]))),
            ],
            Promoted =
            [
                .. reply.Texts(2).Chunk(2).Select(one => PromotedGrains.Of(
                    DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(one[0])).UtcDateTime,
                    long.Parse(one[1]),
                    now)),
            ],
        };
    }

    private async Task<ShardAnswer> OpenAsync(
        int shard, ElectionName election, Token token, Token floor, bool isLoss, CancellationToken cancel)
    {
        var gen = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        var reply = await RunAsync(
            RedisScript.Open, shard, cancel, election.Value, Text(token), gen, Text(floor), isLoss ? "1" : "0");
        return reply.ToShardAnswerWithRuns(shard);
    }
}
