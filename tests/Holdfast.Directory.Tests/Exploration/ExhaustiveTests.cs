using Holdfast.Directory.Embedded;
using Holdfast.Primitives;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Exploration;

/// <summary>
/// All orders in which some calls, losses and repairs can happen to one grain, each as often as it likes
/// (<see cref="ExhaustiveActs"/>). Pasts that cannot be told from each other are followed once, nearest first, up to a
/// bound. HOLDFAST_EXPLORE raises it: states for each.
/// </summary>
public sealed class ExhaustiveTests
{
    private const int StatesPerUnit = 200;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("fenced")]
    [InlineData("leased")]
    [InlineData("registered")]
    public async Task No_order_of_calls_losses_and_repairs_breaks_an_invariant(string kind)
    {
        var acts = ExhaustiveActs.Of(kind);

        var searched = await SearchAsync(
            new Search(acts.Grain, [.. acts.All()], ExplorationTests.Seeds(usual: 100) * StatesPerUnit));

        // A search that stops at once finds nothing.
        searched.States.ShouldBeGreaterThan(10_000);
        searched.Depth.ShouldBeGreaterThan(4);
    }

    [Theory]
    [InlineData("fenced", "a transfer that keeps the epoch")]
    [InlineData("fenced", "an erasure above the floor")]
    [InlineData("fenced", "a word that wins with a lower epoch")]
    [InlineData("leased", "a promotion of what a living session has leased")]
    [InlineData("leased", "an import that wins with a lower epoch")]
    [InlineData("registered", "a registration with a lower number")]
    public async Task The_search_finds_a_rule_that_is_wrong(string kind, string fault)
    {
        var acts = ExhaustiveActs.Of(kind);

        var broken = await Should.ThrowAsync<InvalidOperationException>(() =>
            SearchAsync(new Search(acts.Grain, [.. acts.All(), acts.Wrong(fault)], 20_000)));

        broken.Message.ShouldContain(fault);
    }

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
                if (act.Held is { } held && !past.Witness.IsOwner(search.Grain, held.Epoch, held.Session)) continue;
                var next = await FollowAsync(directory, search.Grain, past, act);
                if (known.Add(next.Key())) waiting.Enqueue(next);
            }
        }

        return (known.Count, depth);
    }

    private static async Task<Past> FollowAsync(
        EmbeddedGrainDirectory directory, GrainId grain, Past past, Act act)
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
            var now = (await directory.LookupAsync([grain], Cancel))[0];
            if (act.Loss == Loss.Reopen && now.Record is null) witness.Reopened([grain]);
            if (now.Record is not null) witness.See(now.Record);
            var memory = directory.Remember(0);

            // A second delivery at once changes nothing, and is answered as the first was.
            if (act.Run is not null) (await act.Run(directory)).ShouldBe(told);
            (await directory.LookupAsync([grain], Cancel))[0].ShouldBe(now);
            return new Past(what, past.Depth + 1, memory, saved, witness);
        }
        catch (ShouldAssertException broken)
        {
            throw new InvalidOperationException($"After:{what}\n{broken.Message}", broken);
        }
    }

    private sealed record Search(GrainId Grain, IReadOnlyList<Act> Acts, int StatesMax);

    private sealed record Past(string What, int Depth, ShardMemory Memory, ShardMemory Saved, Witness Witness)
    {
        /// <summary>All that what follows depends on; names and sequences are not looked at by any rule.</summary>
        public string Key() => $"{Show(Memory)}|{Show(Saved)}|{Witness.Summary}";

        private static string Show(ShardMemory memory) =>
            $"{string.Join(" ", memory.Records)} {memory.Head.Floor} {memory.Head.Opened} " +
            $"{memory.Head.IsWindowOpen} {memory.Head.Gen.Length} {string.Join(' ', memory.Grants)}";
    }
}
