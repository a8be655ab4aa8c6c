using Holdfast.Directory.Embedded;
using Holdfast.Primitives;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Exploration;

/// <summary>
/// All orders in which some calls, losses and repairs can happen to one grain, each as often as it likes: two sessions
/// of one cluster that hold several tokens, one of another, a promoter, two losses. Pasts that cannot be told from
/// each other are followed once, nearest first, up to a bound. HOLDFAST_EXPLORE raises it: states for each.
/// </summary>
public sealed class ExhaustiveTests
{
    private const int StatesPerUnit = 200;

    private static readonly GrainId Grain = G("a");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_order_of_calls_losses_and_repairs_breaks_an_invariant()
    {
        var searched = await SearchAsync(new Search([.. Acts()], ExplorationTests.Seeds(usual: 100) * StatesPerUnit));

        // A search that stops at once finds nothing.
        searched.States.ShouldBeGreaterThan(10_000);
        searched.Depth.ShouldBeGreaterThan(4);
    }

    public static TheoryData<string> Faults =>
        ["a transfer that keeps the epoch", "an erasure above the floor", "a word that wins with a lower epoch"];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task The_search_finds_a_rule_that_is_wrong(string fault)
    {
        Act wrong = fault switch
        {
            "a transfer that keeps the epoch" => Plant(fault, record =>
                record is { Tombstone: false } ? record with { Cluster = West, Holder = S(21) } : null),
            "an erasure above the floor" => Call(fault, directory =>
            {
                var memory = directory.Remember(0);
                if (memory.Records is [{ Tombstone: true }])
                    directory.RollBack(0, new ShardMemory { Grants = memory.Grants, Head = memory.Head });
                return Task.FromResult("");
            }),
            _ => Plant(fault, record =>
                record is { Holder: not null } ? record with { Epoch = E(11), Holder = S(11), Cluster = East } : null),
        };

        var broken = await Should.ThrowAsync<InvalidOperationException>(() =>
            SearchAsync(new Search([.. Acts(), wrong], 20_000)));

        broken.Message.ShouldContain(fault);
    }

    private static IEnumerable<Act> Acts()
    {
        yield return Claim(East, 11, 11);
        yield return Claim(East, 11, 14);
        yield return Claim(East, 13, 13, E(11));
        yield return Claim(East, 11, 31);
        yield return Claim(West, 21, 21);
        yield return Claim(West, 21, 32);
        foreach (var (epoch, session) in new[] { (E(11), 11ul), (E(14), 11ul), (E(13), 13ul), (E(21), 21ul) })
        {
            yield return Call($"release {epoch}", async directory =>
                Tell(await directory.ReleaseAsync([new HeldGrain(Grain, epoch)], S(session), Cancel)));
        }

        yield return Offer(E(11), 11, West);
        yield return Offer(E(14), 11, West);
        yield return Offer(E(11), 11, null);
        yield return Accept(21, 21);
        yield return Accept(21, 32);
        foreach (var token in new[] { 20ul, 33ul }) foreach (var act in Failover(token)) yield return act;
        yield return Reassert(E(11), East, 11, 31);
        yield return Reassert(E(14), East, 11, 31);
        yield return Reassert(E(13), East, 13, 34);
        yield return Reassert(E(21), West, 21, 32);
        foreach (var floor in new[] { 30ul, 40ul })
        {
            yield return Call($"reopen {floor}", async directory =>
                Tell(await directory.ReopenShardAsync(0, FailoverWest, T(9), T(floor), Cancel)), Loss.Reopen);
            yield return Call($"close {floor}", async directory =>
                Tell(await directory.CloseWindowAsync(0, FailoverWest, T(floor + 1), T(floor), Cancel)));
        }

        foreach (var loss in new[] { Loss.Remember, Loss.Forget, Loss.RollBack })
            yield return new Act($"{loss}", null, loss);
    }

    private static IEnumerable<Act> Failover(ulong token)
    {
        yield return Call($"grant {token}", async directory =>
            Tell(await directory.InstallGrantAsync(0, FailoverWest, T(token), Cancel)));
        yield return Call($"promote {token}", async directory =>
        {
            var call = new PromoteCall(0, FailoverWest, T(token), East, [], null, "gone");
            var answer = await directory.PromoteAsync(call, Cancel);
            return $"{answer.Status} {answer.Newer} {answer.Remaining}";
        });
        yield return Call($"raise floor {token}", async directory =>
            Tell(await directory.RaiseFloorAsync(0, FailoverWest, T(token), T(token - 3), Cancel)));
        yield return Call($"erase {token}", async directory =>
            $"{(await directory.EraseTombstonesAsync(0, FailoverWest, T(token), null, Cancel)).Status}");
    }

    private static Act Call(
        string what, Func<EmbeddedGrainDirectory, Task<string>> run, Loss loss = Loss.None, HeldBy? held = null) =>
        new(what, run, loss, held);

    private static Act Claim(ClusterId cluster, ulong session, ulong token, Epoch? expected = null) =>
        Call($"claim {cluster} {token}", async directory => Tell(
            await directory.ClaimAsync([new GrainClaim(Grain, expected)], cluster, S(session), T(token), Cancel)));

    private static Act Offer(Epoch epoch, ulong session, ClusterId? to) =>
        Call($"offer {epoch} to {to?.Value ?? "nobody"}", async directory =>
            Tell(await directory.OfferAsync([new HeldGrain(Grain, epoch)], S(session), to, Cancel)));

    private static Act Accept(ulong session, ulong token) =>
        Call($"accept {token}", async directory =>
            Tell(await directory.AcceptAsync([Grain], West, S(session), T(token), Cancel)));

    /// <summary>Nobody tells again what it was never told to hold.</summary>
    private static Act Reassert(Epoch epoch, ClusterId cluster, ulong session, ulong token) =>
        Call(
            $"reassert {epoch}",
            async directory => Tell(await directory.ReassertAsync(
                [new HeldGrain(Grain, epoch)], cluster, S(session), T(token), Cancel)),
            held: new HeldBy(epoch, S(session)));

    /// <summary>What a wrong rule would make of a record.</summary>
    private static Act Plant(string what, Func<GrainRecord, GrainRecord?> change) =>
        Call(what, async directory =>
        {
            var record = (await directory.LookupAsync([Grain], Cancel))[0].Record;
            if (record is not null && change(record) is { } wrong) directory.Plant(wrong);
            return "";
        });

    private static string Tell(IReadOnlyList<GrainAnswer> answers) =>
        $"{answers[0].Status} {answers[0].Bound} {answers[0].Record}";

    private static string Tell(ShardAnswer answer) => $"{answer.Status} {answer.Bound}";

    private static async Task<(int States, int Depth)> SearchAsync(Search search)
    {
        var directory = new EmbeddedGrainDirectory(new DirectoryOptions { Shards = 1 }, FixedTime.Instance);
        await directory.OpenShardAsync(0, FailoverWest, T(9), Floor, Cancel);
        var first = new Past("", 0, directory.Remember(0), new ShardMemory(), new Witness());
        var (known, waiting) = (new HashSet<string>(StringComparer.Ordinal), new Queue<Past>([first]));
        var depth = 0;
        while (known.Count < search.StatesMax && waiting.TryDequeue(out var past))
        {
            depth = past.Depth;
            foreach (var act in search.Acts)
            {
                if (act.Held is { } held && !past.Witness.IsOwner(Grain, held.Epoch, held.Session)) continue;
                var next = await FollowAsync(directory, past, act);
                if (known.Add(next.Key())) waiting.Enqueue(next);
            }
        }

        return (known.Count, depth);
    }

    private static async Task<Past> FollowAsync(EmbeddedGrainDirectory directory, Past past, Act act)
    {
        var what = $"{past.What}\n{act.What}";
        var (witness, saved) = (past.Witness.Copy(), past.Saved);
        directory.RollBack(0, act.Loss == Loss.RollBack ? saved : past.Memory);
        if (act.Loss == Loss.Forget) directory.Forget(0);
        if (act.Loss == Loss.Remember) saved = past.Memory;
        if (act.Loss is Loss.Forget or Loss.RollBack) witness.Lost();
        try
        {
            var told = act.Run is null ? "" : await act.Run(directory);
            var now = (await directory.LookupAsync([Grain], Cancel))[0];
            if (act.Loss == Loss.Reopen && now.Record is null) witness.Reopened([Grain]);
            if (now.Record is not null) witness.See(now.Record);
            var memory = directory.Remember(0);

            // A second delivery at once changes nothing, and is answered as the first was.
            if (act.Run is not null) (await act.Run(directory)).ShouldBe(told);
            (await directory.LookupAsync([Grain], Cancel))[0].ShouldBe(now);
            return new Past(what, past.Depth + 1, memory, saved, witness);
        }
        catch (ShouldAssertException broken)
        {
            throw new InvalidOperationException($"After:{what}\n{broken.Message}", broken);
        }
    }

    private sealed record Search(IReadOnlyList<Act> Acts, int StatesMax);

    /// <summary>Something that may happen; where it is about what is held, only to who held it before.</summary>
    private sealed record Act(
        string What, Func<EmbeddedGrainDirectory, Task<string>>? Run, Loss Loss = Loss.None, HeldBy? Held = null);

    private sealed record HeldBy(Epoch Epoch, SessionId Session);

    private sealed record Past(string What, int Depth, ShardMemory Memory, ShardMemory Saved, Witness Witness)
    {
        /// <summary>All that what follows depends on; names and sequences are not looked at by any rule.</summary>
        public string Key() => $"{Show(Memory)}|{Show(Saved)}|{Witness.Summary}";

        private static string Show(ShardMemory memory) =>
            $"{string.Join(" ", memory.Records)} {memory.Head.Floor} {memory.Head.Opened} " +
            $"{memory.Head.IsWindowOpen} {memory.Head.Gen.Length} {string.Join(' ', memory.Grants)}";
    }
}
