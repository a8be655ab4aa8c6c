using Holdfast.Directory.Embedded;
using Holdfast.Primitives;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Exploration;

/// <summary>
/// What can happen to one grain: two sessions of one cluster that hold several tokens, one of another, a promoter, two
/// losses and what repairs them.
/// </summary>
internal sealed class ExhaustiveActs
{
    private readonly Func<ExhaustiveActs, IEnumerable<Act>> _own;
    private readonly GrainKind _kind;

    private ExhaustiveActs(GrainId grain, GrainKind kind, Func<ExhaustiveActs, IEnumerable<Act>> own) =>
        (Grain, _kind, _own) = (grain, kind, own);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public GrainId Grain { get; }

    /// <summary>
    /// Of a <c>fenced</c> grain every call of its owners; of a <c>leased</c> one those that its lease bears upon, and
    /// imports of what it once was; of a <c>registered</c> one what brings a number of its own.
    /// </summary>
    public static ExhaustiveActs Of(string kind) => kind switch
    {
        "fenced" => new ExhaustiveActs(G("a"), GrainKind.Fenced, acts => acts.OfFenced()),
        "leased" => new ExhaustiveActs(G("a"), GrainKind.Leased, acts => acts.OfLeased()),
        "registered" => new ExhaustiveActs(Ext("x"), GrainKind.Fenced, acts => acts.OfRegistered()),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Nothing is known of such a grain."),
    };

    public IEnumerable<Act> All()
    {
        foreach (var act in _own(this)) yield return act;
        foreach (var floor in new[] { 30ul, 40ul })
        {
            yield return new Act(
                $"reopen {floor}",
                async directory => Tell(
                    await directory.ReopenShardAsync(0, FailoverWest, T(9), T(floor), Cancel)),
                Loss.Reopen);
            yield return new Act($"close {floor}", async directory =>
                Tell(await directory.CloseWindowAsync(0, FailoverWest, T(floor + 1), T(floor), Cancel)));
        }

        foreach (var loss in new[] { Loss.Remember, Loss.Forget, Loss.RollBack })
            yield return new Act($"{loss}", null, loss);
    }

    /// <summary>What a rule that is wrong would do.</summary>
    public Act Wrong(string fault) => fault switch
    {
        "a transfer that keeps the epoch" => Plant(fault, record =>
            record is { Tombstone: false } ? record with { Cluster = West, Holder = S(21) } : null),
        "an erasure above the floor" => new Act(fault, directory =>
        {
            var memory = directory.Remember(0);
            if (memory.Records is [{ Tombstone: true }])
                directory.RollBack(0, new ShardMemory { Grants = memory.Grants, Head = memory.Head });
            return Task.FromResult("");
        }),
        "a word that wins with a lower epoch" or "an import that wins with a lower epoch" => Plant(fault, record =>
            record is { Holder: not null } ? record with { Epoch = E(11), Holder = S(11), Cluster = East } : null),
        "a promotion of what a living session has leased" => Promote(20, living: [S(11)], told: []) with
        {
            What = fault,
        },
        "a registration with a lower number" => Plant(fault, record =>
            record is { Tombstone: false } ? record with { Epoch = E(0, 1) } : null),
        _ => throw new ArgumentOutOfRangeException(nameof(fault), fault, "Nobody knows this fault."),
    };

    private IEnumerable<Act> OfFenced()
    {
        yield return Claim(East, 11, 11);
        yield return Claim(East, 11, 14);
        yield return Claim(East, 13, 13, E(11));
        yield return Claim(East, 11, 31);
        yield return Claim(West, 21, 21);
        yield return Claim(West, 21, 32);
        foreach (var (epoch, session) in new[] { (E(11), 11ul), (E(14), 11ul), (E(13), 13ul), (E(21), 21ul) })
            yield return Release(epoch, session);
        yield return Offer(E(11), 11, West);
        yield return Offer(E(14), 11, West);
        yield return Offer(E(11), 11, null);
        yield return Accept(21, 21);
        yield return Accept(21, 32);
        foreach (var token in new[] { 20ul, 33ul })
        {
            yield return Promote(token, []);
            foreach (var act in Upkeep(token)) yield return act;
        }

        yield return Reassert(E(11), East, 11, 31);
        yield return Reassert(E(14), East, 11, 31);
        yield return Reassert(E(13), East, 13, 34);
        yield return Reassert(E(21), West, 21, 32);
    }

    private IEnumerable<Act> OfLeased()
    {
        yield return Claim(East, 11, 11);
        yield return Claim(East, 11, 14);
        yield return Claim(East, 13, 13, E(11));
        yield return Claim(East, 13, 13, E(11), GrainKind.Fenced);
        yield return Claim(West, 21, 21);
        yield return Claim(West, 21, 32);
        yield return Release(E(11), 11);
        yield return Release(E(21), 21);
        yield return Offer(E(11), 11, West);
        yield return Accept(21, 21);
        foreach (var token in new[] { 20ul, 33ul })
        {
            yield return Promote(token, []);
            yield return Promote(token, [S(11)]);
            yield return Promote(token, [], before: S(13));
            foreach (var act in Upkeep(token)) yield return act;
        }

        yield return Reassert(E(11), East, 11, 31);
        yield return Reassert(E(21), West, 21, 32);
        foreach (var token in new[] { 31ul, 41ul })
        {
            yield return Import(Record(Grain, East, 11, E(11), GrainKind.Leased), token);
            yield return Import(Record(Grain, East, 13, E(13), GrainKind.Leased), token);
            yield return Import(Record(Grain, West, 21, E(21), GrainKind.Leased), token);
        }
    }

    private IEnumerable<Act> OfRegistered()
    {
        foreach (var (cluster, numbers) in new[] { (East, new ulong[] { 1, 2, 5, 9 }), (West, [2, 3, 6]) })
        {
            foreach (var number in numbers)
            {
                yield return new Act($"register {cluster} {number}", async directory =>
                    Tell([await directory.RegisterAsync(Grain, cluster, number, Cancel)]));
            }
        }

        yield return Claim(East, 11, 11);
        foreach (var number in new ulong[] { 1, 3, 9 }) yield return Release(E(0, number), 11);
        foreach (var token in new[] { 20ul, 33ul, 43ul })
        {
            yield return Promote(token, []);
            foreach (var act in Upkeep(token)) yield return act;
        }
    }

    private static IEnumerable<Act> Upkeep(ulong token)
    {
        yield return new Act($"grant {token}", async directory =>
            Tell(await directory.InstallGrantAsync(0, FailoverWest, T(token), Cancel)));
        yield return new Act($"raise floor {token}", async directory =>
            Tell(await directory.RaiseFloorAsync(0, FailoverWest, T(token), T(token - 3), Cancel)));
        yield return new Act($"erase {token}", async directory =>
            $"{(await directory.EraseTombstonesAsync(0, FailoverWest, T(token), null, Cancel)).Status}");
    }

    /// <param name="token">The promoter's.</param>
    /// <param name="living">Sessions that live.</param>
    /// <param name="before">Sessions opened before this one are not known to have ended.</param>
    /// <param name="told">Those that the directory is told to live, where those are others.</param>
    private Act Promote(
        ulong token,
        IReadOnlyList<SessionId> living,
        SessionId? before = null,
        IReadOnlyList<SessionId>? told = null) =>
        new($"promote {token} living {string.Join(' ', living)} before {before}", async directory =>
        {
            var was = await FindAsync(directory);
            var call = new PromoteCall(0, FailoverWest, T(token), East, told ?? living, null, "gone")
            {
                LivingBefore = before,
            };
            var answer = await directory.PromoteAsync(call, Cancel);
            var lives = was is { Kind: GrainKind.Leased, Holder: { } holder } &&
                (living.Contains(holder) || holder.Opened < before?.Opened);
            if (lives) (await FindAsync(directory)).ShouldBe(was, "a living session has leased it");
            return $"{answer.Status} {answer.Newer} {answer.Leased} {answer.Remaining}";
        });

    private Act Claim(
        ClusterId cluster, ulong session, ulong token, Epoch? expected = null, GrainKind? kind = null)
    {
        var claim = new GrainClaim(Grain, expected, kind ?? _kind);
        return new Act($"claim {claim.Kind} {cluster} {token}", async directory =>
            Tell(await directory.ClaimAsync([claim], cluster, S(session), T(token), Cancel)));
    }

    private Act Release(Epoch epoch, ulong session) => new($"release {epoch}", async directory =>
        Tell(await directory.ReleaseAsync([new HeldGrain(Grain, epoch)], S(session), Cancel)));

    private Act Offer(Epoch epoch, ulong session, ClusterId? to) =>
        new($"offer {epoch} to {to?.Value ?? "nobody"}", async directory =>
            Tell(await directory.OfferAsync([new HeldGrain(Grain, epoch)], S(session), to, Cancel)));

    private Act Accept(ulong session, ulong token) => new($"accept {token}", async directory =>
        Tell(await directory.AcceptAsync([Grain], West, S(session), T(token), Cancel)));

    /// <summary>Nobody tells again what it was never told to hold.</summary>
    private Act Reassert(Epoch epoch, ClusterId cluster, ulong session, ulong token) => new(
        $"reassert {epoch}",
        async directory => Tell(await directory.ReassertAsync(
            [new HeldGrain(Grain, epoch, _kind)], cluster, S(session), T(token), Cancel)),
        Held: new HeldBy(epoch, S(session)));

    /// <summary>Nothing is in an export that was never in the directory.</summary>
    private static Act Import(GrainRecord record, ulong token) => new(
        $"import {record.Epoch} under {token}",
        async directory => Tell(await directory.ImportAsync([record], FailoverWest, T(token), Cancel)),
        Held: new HeldBy(record.Epoch, record.Holder!.Value));

    /// <summary>What a wrong rule would make of a record.</summary>
    private Act Plant(string what, Func<GrainRecord, GrainRecord?> change) => new(what, async directory =>
    {
        if (await FindAsync(directory) is { } record && change(record) is { } wrong) directory.Plant(wrong);
        return "";
    });

    private async Task<GrainRecord?> FindAsync(EmbeddedGrainDirectory directory) =>
        (await directory.LookupAsync([Grain], Cancel))[0].Record;

    private static string Tell(IReadOnlyList<GrainAnswer> answers) =>
        $"{answers[0].Status} {answers[0].Bound} {answers[0].Record}";

    private static string Tell(ShardAnswer answer) => $"{answer.Status} {answer.Bound}";
}
