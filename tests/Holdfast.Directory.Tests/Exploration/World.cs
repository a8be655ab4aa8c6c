using Holdfast.Primitives;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Exploration;

/// <summary>A call that can be made again, word for word, on any directory, and tells what it was answered.</summary>
/// <param name="What">The call, for people.</param>
/// <param name="RunAsync">Makes it.</param>
/// <param name="MayGoOn">Whether a second delivery may do what the first left for later: one page of many.</param>
/// <param name="Loss">What becomes of the memory instead of a call.</param>
internal sealed record Step(
    string What, Func<IGrainDirectory, Task<Told>> RunAsync, bool MayGoOn = false, Loss Loss = Loss.None);

/// <summary>What can become of the memory of a shard.</summary>
internal enum Loss
{
    None,
    Remember,
    Forget,
    RollBack,
    Restart,

    /// <summary>A committed loss opens the window: it may have been a false alarm.</summary>
    Reopen,
}

/// <summary>What a call was answered.</summary>
/// <param name="First">The answer.</param>
/// <param name="Repeated">
/// What a second delivery at once must be answered; null where the call names a grain twice, for then the later one
/// changes what the earlier one finds.
/// </param>
internal sealed record Told(string First, string? Repeated);

/// <summary>
/// Chooses calls as a careless world would make them: three clusters, sessions that advance, elections that pass on,
/// promoters with old tokens, epochs from memory, and deliveries that come late and twice. Tokens are minted one after
/// another and each has one holder, as Consensus promises; nothing else is promised. In pages: promotions start at old
/// cursors, and some go through a whole shard. With losses: the memory goes back, or goes, or seems to, and owners tell
/// again what they were ever told to hold.
/// </summary>
internal sealed partial class World(int seed, bool inPages = false, bool withLosses = false)
{
    private static readonly ClusterId[] Clusters = [East, West, North];

    private readonly Random _random = new(seed);
    private readonly List<Session> _sessions = [];
    private readonly Dictionary<ClusterId, List<Token>> _elections =
        Clusters.ToDictionary(cluster => cluster, _ => new List<Token>());
    private readonly List<Epoch> _seen = [Epoch.None];
    private readonly List<string?> _cursors = [null];
    private readonly List<Step> _past = [];
    private ulong _minted = Floor.Value - 2;

    /// <summary>All grains there are.</summary>
    public static IReadOnlyList<GrainId> Grains { get; } = [.. "abcde".Select(c => G($"{c}")), Ext("x"), Ext("y")];

    /// <summary>Remembers a record, so that later calls may name its epoch, and its holder tell it again.</summary>
    public void Saw(GrainRecord record)
    {
        if (_seen[^1] != record.Epoch) _seen.Add(record.Epoch);
        if (_records.Count == 0 || _records[^1] != record) _records.Add(record);
        if (record.Holder is { } holder) _sessions.Find(session => session.Id == holder)?.Keep(record);
    }

    /// <summary>Leased records of sessions that act later, as though claimed before the history.</summary>
    public IReadOnlyList<GrainRecord> PlantLeased()
    {
        OpenSession();
        OpenSession();
        return [.. _sessions.Zip(Grains, (session, grain) => Record(
            grain, session.Cluster, session.Id.Opened.Value, Epoch.First(session.Id.Opened), GrainKind.Leased))];
    }

    public Step Next()
    {
        if (_past.Count > 0 && _random.Next(4) == 0) return _past[_random.Next(_past.Count)];
        if (_sessions.Count == 0 || _random.Next(12) == 0) OpenSession();
        if (_random.Next(6) == 0) Pick(_sessions).Tokens.Add(Mint());
        var step = _random.Next(withLosses ? 28 : 18) switch
        {
            < 4 => Claim(),
            < 6 => Release(),
            < 8 => Grant(),
            < 9 when inPages => Sweep(),
            < 10 => Promote(),
            < 11 => Register(),
            < 12 => Trim(),
            < 14 => Offer(),
            < 16 => Accept(),
            < 17 => RaiseFloor(),
            < 18 => Erase(),
            < 20 => Lose(),
            < 22 => Reopen(),
            < 25 => Reassert(),
            < 26 => Import(),
            < 27 => Close(),
            _ => Confirm(),
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

    private GrainKind? PickKind() => Pick<GrainKind?>([null, GrainKind.Fenced, GrainKind.Leased]);

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
            .. PickGrains().Select(grain => new GrainClaim(
                grain, _random.Next(2) == 0 ? PickEpoch() : null, PickKind())),
        ];
        return new Step(
            $"claim {string.Join(' ', claims.Select(c => $"{c.Grain}@{c.ExpectedEpoch}{c.Kind}"))} {session.Cluster} " +
            $"{session.Id} {token}",
            async directory => Tell(
                await directory.ClaimAsync(claims, session.Cluster, session.Id, token, default)));
    }

    private Step Release()
    {
        var session = Pick(_sessions);
        HeldGrain[] held = [.. PickGrains().Select(grain => new HeldGrain(grain, PickEpoch()))];
        return new Step(
            $"release {string.Join(' ', held.Select(h => $"{h.Grain}@{h.Epoch}"))} {session.Id}",
            async directory => Tell(await directory.ReleaseAsync(held, session.Id, default)));
    }

    private Step Register()
    {
        var (grain, cluster, number) = (Pick(Grains), Pick(Clusters), (ulong)_random.Next(1, 30));
        return new Step(
            $"register {grain} {cluster} {number}",
            async directory => Tell([await directory.RegisterAsync(grain, cluster, number, default)]));
    }

    private Step Grant()
    {
        var cluster = Pick(Clusters);
        var token = PickElectionToken(cluster);
        return new Step($"grant {cluster} {token}", async directory =>
            Tell(await directory.InstallGrantAsync(0, ElectionName.Failover(cluster), token, default)));
    }

    private PromoteCall PickPromotion()
    {
        var to = Pick(Clusters);
        var from = Pick([.. Clusters.Where(cluster => cluster != to)]);
        SessionId[] living =
        [
            .. _sessions
                .Where(session => session.Cluster == from && _random.Next(2) == 0)
                .Select(session => session.Id),
        ];
        var cursor = inPages ? Pick(_cursors) : null;
        return new PromoteCall(0, ElectionName.Failover(to), PickElectionToken(to), from, living, cursor, "gone")
        {
            Types = PickTypes(),
            GrainsMax = inPages && _random.Next(3) == 0 ? 1 : null,
            LivingBefore = _random.Next(4) == 0 ? Pick(_sessions).Id : null,
        };
    }

    private GrainTypeFilter? PickTypes() => _random.Next(4) switch
    {
        0 => new GrainTypeFilter(IsOnly: true, [Pick(Grains).Type]),
        1 => new GrainTypeFilter(IsOnly: false, [Pick(Grains).Type]),
        _ => null,
    };

    private Step Promote()
    {
        var call = PickPromotion();
        return new Step($"promote {Show(call)} at {call.Cursor}", RunAsync, MayGoOn: inPages);

        async Task<Told> RunAsync(IGrainDirectory directory)
        {
            var answer = await directory.PromoteAsync(call, default);
            if (answer.Next is not null) _cursors.Add(answer.Next);

            // Twins count alike; memory and cursor are each one's own.
            var left = $"{answer.Newer} {answer.Leased} {answer.Skipped} {answer.Remaining}";
            var rest = $"{left} {answer.Next} {answer.Bound} {answer.Version.Seq}";
            return new Told($"{answer.Status} {answer.Promoted} {rest}", $"{answer.Status} 0 {rest}");
        }
    }

    /// <summary>Goes through a whole shard; what it leaves has a reason.</summary>
    private Step Sweep()
    {
        const int pagesMax = 50;
        var call = PickPromotion() with { Cursor = null };
        return new Step($"sweep {Show(call)}", RunAsync, MayGoOn: true);

        async Task<Told> RunAsync(IGrainDirectory directory)
        {
            PromoteAnswer answer;
            var (pages, cursor) = (0, call.Cursor);
            do
            {
                (++pages).ShouldBeLessThan(pagesMax);
                answer = await directory.PromoteAsync(call with { Cursor = cursor }, default);
                cursor = answer.Next;
            }
            while (cursor is not null);
            if (answer.Status == DirectoryStatus.Ok)
            {
                GrainId[] meant = [.. Grains.Where(grain => call.Types?.Admits(grain.Type) ?? true)];
                (await directory.LookupAsync(meant, default)).ShouldAllBe(left =>
                    left.Record == null || left.Record.Tombstone || left.Record.Cluster != call.From ||
                    left.Record.Epoch.Token >= call.Token || (left.Record.Kind == GrainKind.Leased &&
                    left.Record.Holder != null && MayLive(left.Record.Holder.Value, call)));
            }

            return new Told($"{answer.Status}", null);
        }
    }

    private static bool MayLive(SessionId holder, PromoteCall call) =>
        call.LivingSessions.Contains(holder) || holder.Opened < call.LivingBefore?.Opened;

    private Step Trim()
    {
        var cluster = Pick(Clusters);
        var (token, upTo) = (PickElectionToken(cluster), (ulong)_random.Next(100));
        return new Step($"trim {cluster} {token} {upTo}", async directory =>
            Tell(await directory.TrimOutboxAsync(0, ElectionName.Failover(cluster), token, upTo, default)));
    }

    private static string Show(PromoteCall call) =>
        $"{call.From} to {call.Election.Scope} {call.Token} living {string.Join(',', call.LivingSessions)} " +
        $"and before {call.LivingBefore}";

    private static Told Tell(ShardAnswer answer)
    {
        var text = $"{answer.Status} {answer.Bound} {answer.Version.Seq}";
        return new Told(text, text);
    }

    private static Told Tell(IReadOnlyList<GrainAnswer> answers)
    {
        var text = string.Join('\n', answers.Select(answer =>
            $"{answer.Grain} {answer.Status} {answer.Bound} {answer.Shard.Seq} {answer.Record}"));
        var isEachOnce = answers.DistinctBy(answer => answer.Grain).Count() == answers.Count;
        return new Told(text, isEachOnce ? text : null);
    }

    private sealed record Session(SessionId Id, ClusterId Cluster, List<Token> Tokens)
    {
        // Newest last; a careless holder may believe in any of them.
        private const int HeldMax = 20;

        public List<HeldGrain> Held { get; } = [];

        public void Keep(GrainRecord record)
        {
            var held = new HeldGrain(record.Grain, record.Epoch, record.Kind);
            if (Held.Contains(held)) return;
            Held.Add(held);
            if (Held.Count > HeldMax) Held.RemoveAt(0);
        }
    }
}
