using Holdfast.Primitives;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Exploration;

/// <summary>A call that can be made again, word for word, on any directory, and tells what it was answered.</summary>
internal sealed record Step(string What, Func<IGrainDirectory, Task<string>> RunAsync);

/// <summary>
/// Chooses calls as a careless world would make them: three clusters, sessions that advance, elections that pass on,
/// promoters with old tokens, epochs from memory, and deliveries that come late and twice. Tokens are minted one after
/// another and each has one holder, as Consensus promises; nothing else is promised.
/// </summary>
internal sealed class World(int seed)
{
    private static readonly ClusterId[] Clusters = [East, West, North];

    private readonly Random _random = new(seed);
    private readonly List<Session> _sessions = [];
    private readonly Dictionary<ClusterId, List<Token>> _elections =
        Clusters.ToDictionary(cluster => cluster, _ => new List<Token>());
    private readonly List<Epoch> _seen = [Epoch.None];
    private readonly List<Step> _past = [];
    private ulong _minted = Floor.Value - 2;

    /// <summary>All grains there are.</summary>
    public static IReadOnlyList<GrainId> Grains { get; } = [.. "abcde".Select(c => G($"{c}")), Ext("x"), Ext("y")];

    /// <summary>Remembers an epoch, so that later calls may name it.</summary>
    public void Saw(Epoch epoch) => _seen.Add(epoch);

    public Step Next()
    {
        if (_past.Count > 0 && _random.Next(4) == 0) return _past[_random.Next(_past.Count)];
        if (_sessions.Count == 0 || _random.Next(12) == 0) OpenSession();
        if (_random.Next(6) == 0) Pick(_sessions).Tokens.Add(Mint());
        var step = _random.Next(12) switch
        {
            < 4 => Claim(),
            < 6 => Release(),
            < 8 => Grant(),
            < 10 => Promote(),
            < 11 => Register(),
            _ => Trim(),
        };
        _past.Add(step);
        return step;
    }

    private Token Mint() => new(++_minted);

    private T Pick<T>(IReadOnlyList<T> from) => from[_random.Next(from.Count)];

    private void OpenSession()
    {
        var token = Mint();
        _sessions.Add(new Session(new SessionId(token), Pick(Clusters), [token]));
    }

    private Epoch PickEpoch() => _seen[Math.Max(0, _seen.Count - 1 - _random.Next(12))];

    private IReadOnlyList<GrainId> PickGrains() =>
        [.. Enumerable.Range(0, 1 + _random.Next(3)).Select(_ => Pick(Grains))];

    private Token PickElectionToken(ClusterId cluster)
    {
        var tokens = _elections[cluster];
        if (tokens.Count == 0 || _random.Next(3) == 0) tokens.Add(Mint());
        return _random.Next(4) == 0 ? Pick(tokens) : tokens[^1];
    }

    private Step Claim()
    {
        var session = Pick(_sessions);
        var token = _random.Next(4) == 0 ? Pick(session.Tokens) : session.Tokens[^1];
        GrainClaim[] claims =
        [
            .. PickGrains().Select(grain => new GrainClaim(grain, _random.Next(2) == 0 ? PickEpoch() : null)),
        ];
        return new Step(
            $"claim {string.Join(' ', claims.Select(c => $"{c.Grain}@{c.ExpectedEpoch}"))} {session.Cluster} " +
            $"{session.Id} {token}",
            async directory =>
                Show(await directory.ClaimAsync(claims, session.Cluster, session.Id, token, default)));
    }

    private Step Release()
    {
        var session = Pick(_sessions);
        HeldGrain[] held = [.. PickGrains().Select(grain => new HeldGrain(grain, PickEpoch()))];
        return new Step(
            $"release {string.Join(' ', held.Select(h => $"{h.Grain}@{h.Epoch}"))} {session.Id}",
            async directory => Show(await directory.ReleaseAsync(held, session.Id, default)));
    }

    private Step Register()
    {
        var (grain, cluster, number) = (Pick(Grains), Pick(Clusters), (ulong)_random.Next(1, 30));
        return new Step(
            $"register {grain} {cluster} {number}",
            async directory => Show([await directory.RegisterAsync(grain, cluster, number, default)]));
    }

    private Step Grant()
    {
        var cluster = Pick(Clusters);
        var token = PickElectionToken(cluster);
        return new Step($"grant {cluster} {token}", async directory =>
            Show(await directory.InstallGrantAsync(0, ElectionName.Failover(cluster), token, default)));
    }

    private Step Promote()
    {
        var to = Pick(Clusters);
        var from = Pick([.. Clusters.Where(cluster => cluster != to)]);
        var call = new PromoteCall(0, ElectionName.Failover(to), PickElectionToken(to), from, [], null, "gone");
        return new Step($"promote {from} to {to} {call.Token}", async directory =>
        {
            var answer = await directory.PromoteAsync(call, default);
            return $"{answer.Status} {answer.Promoted} {answer.Newer} {answer.Remaining} {answer.Next} " +
                $"{answer.Bound} {answer.Version.Seq}";
        });
    }

    private Step Trim()
    {
        var cluster = Pick(Clusters);
        var (token, upTo) = (PickElectionToken(cluster), (ulong)_random.Next(100));
        return new Step($"trim {cluster} {token} {upTo}", async directory =>
            Show(await directory.TrimOutboxAsync(0, ElectionName.Failover(cluster), token, upTo, default)));
    }

    private static string Show(ShardAnswer answer) => $"{answer.Status} {answer.Bound} {answer.Version.Seq}";

    private static string Show(IReadOnlyList<GrainAnswer> answers) => string.Join('\n', answers.Select(answer =>
        $"{answer.Grain} {answer.Status} {answer.Bound} {answer.Shard.Seq} {answer.Record}"));

    private sealed record Session(SessionId Id, ClusterId Cluster, List<Token> Tokens);
}
