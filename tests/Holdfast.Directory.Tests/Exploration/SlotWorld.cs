using Holdfast.Primitives;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Exploration;

/// <summary>
/// Chooses writes of slots as careless holders would make them: elections that pass on, groups that are promoted from
/// cluster to cluster, epochs and records from memory, and deliveries that come late and twice. Each token belongs to
/// one election, as Consensus promises; nothing else is promised.
/// </summary>
internal sealed class SlotWorld(int seed)
{
    private const int SlotsPerGroup = 3;

    private static readonly ClusterId[] Clusters = [East, West, North];
    private static readonly NodeId[] Nodes = [new("n1"), new("n2"), new("n3")];

    private readonly Random _random = new(seed);
    private readonly Dictionary<ElectionName, List<Token>> _tokens = [];
    private readonly List<Epoch?> _seen = [null];

    // What a careful holder knows; a careless one goes by chance.
    private readonly Dictionary<SlotId, SlotRecord> _now = [];
    private readonly Dictionary<ElectionName, Token> _installed = [];
    private readonly Dictionary<GroupId, ClusterId> _homes = [];
    private readonly List<Step> _past = [];
    private ulong _minted = Floor.Value - 2;

    /// <summary>All groups there are.</summary>
    public static IReadOnlyList<GroupId> Groups { get; } = [new("a"), new("b")];

    /// <summary>Remembers a slot, so that later calls may name its epoch.</summary>
    public void Saw(SlotId slot, SlotRecord record)
    {
        if (_now.GetValueOrDefault(slot)?.Epoch != record.Epoch) _seen.Add(record.Epoch);
        _now[slot] = record;
    }

    public Step Next()
    {
        if (_past.Count > 0 && _random.Next(4) == 0) return _past[_random.Next(_past.Count)];
        var step = _random.Next(12) switch
        {
            < 7 => Put(),
            < 9 => Grant(ElectionName.Recovery(Pick(Clusters))),
            < 10 => Grant(ElectionName.Failover(Pick(Clusters))),
            < 11 => Home(),
            _ => Trim(),
        };
        _past.Add(step);
        return step;
    }

    private bool IsCareful => _random.Next(4) > 0;

    private T Pick<T>(IReadOnlyList<T> from) => from[_random.Next(from.Count)];

    private Token TokenOf(ElectionName election)
    {
        if (!_tokens.TryGetValue(election, out var tokens)) _tokens[election] = tokens = [];
        if (tokens.Count == 0 || _random.Next(4) == 0) tokens.Add(new Token(++_minted));
        return _random.Next(5) == 0 ? Pick(tokens) : tokens[^1];
    }

    /// <summary>The group's grain is claimed, or promoted to another cluster.</summary>
    private Step Home()
    {
        var (group, cluster) = (Pick(Groups), Pick(Clusters));
        if (_random.Next(2) == 0)
        {
            var token = new Token(++_minted);
            return new Step($"claim {group.Grain} {cluster} {token}", async directory =>
            {
                var answers = await directory.ClaimAsync(
                    [new GrainClaim(group.Grain)], cluster, new SessionId(token), token, default);
                if (answers[0].Record is { } home) _homes[group] = home.Cluster;
                return Same($"{answers[0].Status} {answers[0].Record}");
            });
        }

        var election = ElectionName.Failover(cluster);
        var from = Pick([.. Clusters.Where(other => other != cluster)]);
        var call = new PromoteCall(0, election, TokenOf(election), from, [], null, "gone");
        return new Step($"promote {from} to {cluster} {call.Token}", async directory =>
        {
            var answer = await directory.PromoteAsync(call, default);
            if (answer.Promoted > 0) Moved(from, cluster);
            return new Told($"{answer.Status} {answer.Promoted}", $"{answer.Status} 0");
        });
    }

    private void Moved(ClusterId from, ClusterId to)
    {
        foreach (var group in Groups)
        {
            if (_homes.GetValueOrDefault(group) == from) _homes[group] = to;
        }
    }

    private Step Grant(ElectionName election)
    {
        var token = TokenOf(election);
        return new Step($"grant {election} {token}", async directory =>
        {
            var answer = await directory.InstallGrantAsync(0, election, token, default);
            if (answer.Status == DirectoryStatus.Ok) _installed[election] = token;
            return Same($"{answer.Status} {answer.Bound} {answer.Version.Seq}");
        });
    }

    private Step Trim()
    {
        var election = ElectionName.Failover(Pick(Clusters));
        var (token, upTo) = (TokenOf(election), (ulong)_random.Next(200));
        return new Step($"trim {election} {token} {upTo}", async directory =>
            Same($"{(await directory.TrimOutboxAsync(0, election, token, upTo, default)).Status}"));
    }

    private Step Put()
    {
        var group = Pick(Groups);
        var cluster = IsCareful && _homes.TryGetValue(group, out var home) ? home : Pick(Clusters);
        var election = ElectionName.Recovery(cluster);
        var token = IsCareful && _installed.TryGetValue(election, out var installed) ? installed : TokenOf(election);
        SlotWrite[] writes =
        [
            .. Enumerable.Range(0, SlotsPerGroup)
                .Where(_ => _random.Next(2) == 0)
                .Select(slot => Write(new SlotId(group, slot), token)),
        ];
        if (writes.Length == 0) writes = [Write(new SlotId(group, 0), token)];
        var call = new PutSlotsCall(group, "replica", election, token, writes);
        return new Step($"put {group} {election} {token} {string.Join(' ', writes.Select(Show))}", async directory =>
        {
            var answer = await directory.PutSlotsAsync(call, default);
            return Same($"{answer.Status} {answer.Bound} {answer.Version.Seq} {string.Join('\n', answer.Slots)}");
        });
    }

    private SlotWrite Write(SlotId slot, Token token)
    {
        var now = _now.GetValueOrDefault(slot);
        var expected = IsCareful ? now?.Epoch : _seen[Math.Max(0, _seen.Count - 1 - _random.Next(8))];
        var isNew = expected is null || _random.Next(3) == 0;
        var epoch = isNew ? new Epoch(token, (ulong)_random.Next(1, 4)) : expected!.Value;
        var state = (SlotState)_random.Next(6);
        var somewhere = IsCareful && now?.Node is { } kept ? kept : Pick(Nodes);
        NodeId? node = state switch
        {
            SlotState.Placed or SlotState.Running or SlotState.Stopping => somewhere,
            SlotState.Stopped => null,
            _ => _random.Next(2) == 0 ? somewhere : null,
        };
        NodeId? previous = _random.Next(2) == 0 ? Pick(Nodes) : null;
        var record = new SlotRecord(slot.Index, state, node, epoch, previous, _random.Next(3));
        return new SlotWrite(record, expected, "because");
    }

    private static Told Same(string text) => new(text, text);

    private static string Show(SlotWrite write) =>
        $"[{write.New.Slot} {write.New.State} {write.New.Node} {write.New.Epoch} if {write.Expected}]";
}

/// <summary>
/// Watches the slots of a directory after each step: an epoch never falls and has one node at most, under it the state
/// only goes on, and no slot comes to a node while another may run it (invariant 8).
/// </summary>
internal sealed class SlotWitness
{
    private readonly Dictionary<SlotId, SlotRecord> _last = [];
    private readonly Dictionary<(SlotId, Epoch), NodeId> _nodes = [];

    public void See(GroupId group, SlotRecord record)
    {
        var slot = new SlotId(group, record.Slot);
        if (_last.TryGetValue(slot, out var last))
        {
            record.Epoch.ShouldBeGreaterThanOrEqualTo(last.Epoch, $"{slot}: {last}, then {record}");
            if (record.Epoch == last.Epoch)
                ((int)record.State).ShouldBeGreaterThanOrEqualTo((int)last.State, $"{slot}: {last}, then {record}");
            if (record.Node is not null && last.Node is not null)
                record.Node.ShouldBe(last.Node, $"{slot}: {last}, then {record}");
        }

        _last[slot] = record;
        if (record.Node is { } node && !_nodes.TryAdd((slot, record.Epoch), node))
            _nodes[(slot, record.Epoch)].ShouldBe(node, $"{slot}: {record}");
    }
}
