using Holdfast.Primitives;

namespace Holdfast.Directory.Tests.Exploration;

/// <summary>Transfers, the floor and erasure, losses and what repairs them.</summary>
internal sealed partial class World
{
    private readonly List<GrainRecord> _records = [];
    private readonly List<Token> _losses = [];

    /// <summary>What ends every world: the shard is open, and all can be read.</summary>
    public IReadOnlyList<Step> Settle() => withLosses ? [ReopenFor(Mint()), CloseFor(_losses[^1], Mint())] : [];

    private Step Offer()
    {
        var session = Pick(_sessions);
        ClusterId? to = _random.Next(4) == 0 ? null : Pick(Clusters);
        var knows = session.Held.Count > 0 && _random.Next(4) > 0;
        HeldGrain[] held =
        [
            .. knows
                ? [PickLate(session.Held)]
                : PickGrains().Select(grain => new HeldGrain(grain, PickEpoch())),
        ];
        return new Step(
            $"offer {Show(held)} {session.Id} to {to?.Value ?? "nobody"}",
            async directory => Tell(await directory.OfferAsync(held, session.Id, to, default)));
    }

    private Step Accept()
    {
        var session = Pick(_sessions);
        var token = _random.Next(4) == 0 ? Pick(session.Tokens) : session.Tokens[^1];
        var grains = PickGrains();
        return new Step(
            $"accept {string.Join(' ', grains)} {session.Cluster} {session.Id} {token}",
            async directory => Tell(
                await directory.AcceptAsync(grains, session.Cluster, session.Id, token, default)));
    }

    private Step RaiseFloor()
    {
        var cluster = Pick(Clusters);
        var token = PickElectionToken(cluster);
        var floor = new Token(Math.Max(1, token.Value - (ulong)_random.Next(0, 8)));
        return new Step($"raise floor {cluster} {token} to {floor}", async directory =>
            Tell(await directory.RaiseFloorAsync(0, ElectionName.Failover(cluster), token, floor, default)));
    }

    private Step Erase()
    {
        var cluster = Pick(Clusters);
        var token = PickElectionToken(cluster);
        return new Step(
            $"erase {cluster} {token}",
            async directory =>
            {
                var answer = await directory.EraseTombstonesAsync(
                    0, ElectionName.Failover(cluster), token, null, default);
                var rest = $"{answer.Bound} {answer.Version.Seq}";
                return new Told($"{answer.Status} {answer.Erased} {rest}", $"{answer.Status} 0 {rest}");
            },
            MayGoOn: inPages);
    }

    private Step Lose() => _random.Next(7) switch
    {
        < 3 => Happens(Loss.Remember),
        < 5 => Happens(Loss.RollBack),
        < 6 => Happens(Loss.Forget),
        _ => Happens(Loss.Restart),
    };

    private static Step Happens(Loss loss) =>
        new($"{loss}", _ => Task.FromResult(new Told("", null)), Loss: loss);

    private Step Reopen() => ReopenFor(_losses.Count == 0 || _random.Next(2) == 0 ? Mint() : Pick(_losses));

    private Step ReopenFor(Token floor)
    {
        if (!_losses.Contains(floor)) _losses.Add(floor);
        var (cluster, token) = (Pick(Clusters), Mint());
        return new Step(
            $"reopen after {floor}",
            async directory => Tell(await directory.ReopenShardAsync(
                0, ElectionName.Failover(cluster), token, floor, default)),
            Loss: Loss.Reopen);
    }

    private Step Close()
    {
        if (_losses.Count == 0) return Reopen();
        return CloseFor(
            _random.Next(3) == 0 ? Pick(_losses) : _losses[^1],
            _random.Next(3) == 0 ? PickElectionToken(Pick(Clusters)) : Mint());
    }

    private Step CloseFor(Token opened, Token token)
    {
        var election = ElectionName.Failover(Pick(Clusters));
        return new Step($"close {opened} {token}", async directory =>
            Tell(await directory.CloseWindowAsync(0, election, token, opened, default)));
    }

    private Step Reassert()
    {
        var session = Pick(_sessions);
        if (_random.Next(3) > 0) session.Tokens.Add(Mint());
        var token = session.Tokens[^1];
        HeldGrain[] held =
        [
            .. Enumerable.Range(0, session.Held.Count == 0 ? 0 : 1 + _random.Next(3))
                .Select(_ => PickLate(session.Held))
                .DistinctBy(one => one.Grain),
        ];
        return new Step(
            $"reassert {Show(held)} {session.Cluster} {session.Id} {token}",
            async directory => Tell(
                await directory.ReassertAsync(held, session.Cluster, session.Id, token, default)));
    }

    private Step Import()
    {
        GrainRecord[] records =
        [
            .. Enumerable.Range(0, _records.Count == 0 ? 0 : 3)
                .Select(_ => PickLate(_records))
                .DistinctBy(record => record.Grain),
        ];
        var cluster = Pick(Clusters);
        var token = _random.Next(2) == 0 ? Mint() : PickElectionToken(cluster);
        return new Step(
            $"import {string.Join(' ', records.Select(record => $"{record}"))} {token}",
            async directory => Tell(
                await directory.ImportAsync(records, ElectionName.Failover(cluster), token, default)));
    }

    private Step Confirm()
    {
        var (token, seq, isOther) = (Mint(), (ulong)_random.Next(120), _random.Next(4) == 0);
        var election = ElectionName.Failover(Pick(Clusters));
        return new Step($"confirm {seq} {(isOther ? "another memory" : "")}", async directory =>
        {
            // Twins have names of their own for the same memory.
            var gen = (await directory.ShardAsync(0, default)).Version.Gen;
            var known = new ShardVersion(isOther || gen.Length == 0 ? "other" : gen, seq);
            return Tell(await directory.ConfirmShardAsync(0, election, token, known, default));
        });
    }

    private T PickLate<T>(List<T> from) => from[Math.Max(0, from.Count - 1 - _random.Next(12))];

    private static string Show(IEnumerable<HeldGrain> held) =>
        string.Join(' ', held.Select(one => $"{one.Grain}@{one.Epoch}"));
}
