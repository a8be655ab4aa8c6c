using FsCheck;
using FsCheck.Fluent;
using Holdfast.Primitives;
using Holdfast.Simulation.Histories;

namespace Holdfast.Simulation.Tests;

/// <summary>The search against one that tries every order of small histories.</summary>
public sealed class LinearizabilityProperties
{
    [Fact]
    public void The_search_agrees_with_trying_every_order()
    {
        var judgements = new Dictionary<Judgement, int>();
        Prop.ForAll(Gen.Choose(1, int.MaxValue).ToArbitrary(), seed =>
        {
            var history = Draw(new Chance((ulong)seed));
            var judgement = Linearizability.Check(new Register(), history).Judgement;
            judgements[judgement] = judgements.GetValueOrDefault(judgement) + 1;
            return (judgement == Judgement.Linearizable) == HasOrder(history, 0, []);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));

        // A generator that made only good histories, or only bad ones, would prove nothing.
        judgements[Judgement.Linearizable].ShouldBeGreaterThan(300);
        judgements[Judgement.NotLinearizable].ShouldBeGreaterThan(300);
    }

    private static List<Operation<RegisterCall, int>> Draw(Chance chance)
    {
        List<Operation<RegisterCall, int>> history = [];
        var count = 1 + chance.Next(6);
        for (var i = 0; i < count; i++)
        {
            var from = chance.Next(12);
            var call = chance.Next(4) switch
            {
                0 => RegisterCall.Write(1 + chance.Next(2)),
                1 => RegisterCall.Add(1),
                _ => RegisterCall.Read,
            };
            var told = call.Act == RegisterAct.Write ? 0 : chance.Next(3);
            history.Add(chance.Next(5) == 0
                ? new(i, call, new Instant(from), 0, null)
                : new(i, call, new Instant(from), told, new Instant(from + 1 + chance.Next(6))));
        }

        return history;
    }

    private static bool HasOrder(List<Operation<RegisterCall, int>> history, int state, List<int> taken)
    {
        var left = Enumerable.Range(0, history.Count).Except(taken).ToList();
        if (left.TrueForAll(i => history[i].IsPending)) return true;
        foreach (var i in left)
        {
            // Nothing that had been answered before this was called may come after it.
            if (left.Exists(other => history[other].ReturnedAt < history[i].CalledAt)) continue;
            var (after, told) = new Register().Apply(state, history[i].Input);
            if (!history[i].IsPending && told != history[i].Output) continue;
            if (HasOrder(history, after, [.. taken, i])) return true;
        }

        return false;
    }
}
