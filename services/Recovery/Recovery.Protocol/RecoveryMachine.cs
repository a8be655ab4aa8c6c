using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Recovery.Protocol;

/// <summary>
/// Recovery as a pure function of what it hears. As the holder of <c>recovery/&lt;its cluster&gt;</c> it keeps the
/// slots of the groups that live in its cluster: what is lost it marks at once, so that nothing is routed to it, and
/// gives a new place in the rounds of placing, so many at a time. Hosts are told what they shall run in the answers
/// to what they report, again and again, so that nothing is lost with a message.
/// </summary>
/// <remarks>
/// Why no copy is built beside another: a slot gets a place only when its record names no node, and the node is
/// cleared only by a fence or by the host's own word. Why a late write cannot act:
/// every write is made under the election's token, which the directory compares with the grant installed on the
/// group's shard, and slots are read after the installation. Why the group's home is one: it is a grain, and the
/// directory takes slots only from the cluster that owns it.
/// </remarks>
public sealed partial class RecoveryMachine
{
    private readonly ClusterId _self;
    private readonly RecoveryOptions _options;
    private readonly Grant _grant;
    private readonly Lookout _lookout;
    private readonly Rounds _rounds;
    private readonly Backoff _callBackoff;
    private readonly Backoff _placeBackoff;
    private readonly HostBook _hosts = new();
    private readonly SortedDictionary<GroupId, GroupLane> _lanes = [];
    private readonly List<HostNudge> _nudges = [];
    private Observation? _world;
    private Token _tenure;
    private ulong _step;
    private long _late;
    private long _refused;

    /// <param name="self">The cluster whose hosts take slots.</param>
    /// <param name="options">Validated by the shell.</param>
    /// <param name="random">Seeded; only pauses after failures are drawn from it.</param>
    public RecoveryMachine(ClusterId self, RecoveryOptions options, Random random)
    {
        ArgumentNullException.ThrowIfNull(options);
        _self = self;
        _options = options;
        _callBackoff = new Backoff(options.BackoffMin, options.CallBackoffMax, random);
        _placeBackoff = new Backoff(options.BackoffMin, options.BackoffMax, random);
        _grant = new Grant(_callBackoff);
        _lookout = new Lookout(options.CheckInterval, _callBackoff);
        _rounds = new Rounds(self, options, _placeBackoff);
    }

    // What was observed before the election was won is not what a new holder may act on.
    private bool IsActing => _grant.IsUsable && _world is { } world && world.Horizon >= _tenure;

    /// <summary>Takes one input and says what to do now.</summary>
    public RecoveryOutput Step(RecoveryInput input, Instant now)
    {
        _step++;
        var orders = Take(input, now);
        WantTokens();
        if (IsActing && now >= _rounds.NextAt) _rounds.Hold(_lanes.Values, _world!, _hosts, _grant.Token, now);
        var output = new RecoveryOutput
        {
            Observe = _lookout.TryLook(now),
            ObserveFrom = _world is { } known && known.Horizon > _grant.Token ? known.Horizon : _grant.Token,
            AdvanceElection = _grant.TryAdvance(now),
            Calls = NextCalls(now),
            Orders = orders,
            Nudges = [.. _nudges],
        };
        _nudges.Clear();
        return output with { WakeAt = Earliest([_lookout.WakeAt, _grant.WakeAt, RoundAt(), CallAt()]) };
    }

    private ImmutableArray<SlotOrder>? Take(RecoveryInput input, Instant now)
    {
        switch (input)
        {
            case RecoveryInput.Tick:
                break;
            case RecoveryInput.Hint:
                _lookout.Hurry();
                break;
            case RecoveryInput.GroupsMoved moved:
                foreach (var group in moved.Groups) Hurry(group);
                _lookout.Hurry();
                break;
            case RecoveryInput.Observed observed:
                Learn(observed.World, now);
                _lookout.Ended(_grant.IsHeld && !IsActing, now);
                break;
            case RecoveryInput.ObserveFailed:
                _lookout.Ended(_grant.IsHeld && !IsActing, now);
                break;
            case RecoveryInput.GrantHeld held:
                Hold(held.Token);
                break;
            case RecoveryInput.GrantLost:
                _grant.Lose();
                Forget();
                break;
            case RecoveryInput.Advanced advanced:
                _grant.Advanced(advanced.Token);
                break;
            case RecoveryInput.AdvanceFailed:
                _grant.AdvanceFailed(now);
                break;
            case RecoveryInput.CallEnded ended:
                End(ended.Call, ended.Result, now);
                break;
            case RecoveryInput.Reported reported:
                return Hear(reported.Report, now);
            case RecoveryInput.Confirmed confirmed:
                return IsActing && _hosts.TryConfirm(confirmed.Node, confirmed.Slot, confirmed.Hosted) ? [] : null;
            default:
                throw new InvariantViolatedException(input.GetType().Name);
        }

        return null;
    }

    private void Hold(Token token)
    {
        var wasHeld = _grant.IsHeld;
        if (!_grant.Hold(token) || wasHeld) return;
        _tenure = token;
        Forget();
        _lookout.Hurry();
    }

    private void Forget()
    {
        _hosts.Forget();
        foreach (var lane in _lanes.Values) lane.Forget();
    }

    private void Hurry(GroupId group)
    {
        if (_lanes.TryGetValue(group, out var lane)) lane.Hurry();
    }

    private void Learn(Observation world, Instant now)
    {
        // Voters apply at their own pace: what is behind an observation already seen is history.
        if (_world is { } known && world.Horizon < known.Horizon) return;
        _world = world;
        foreach (var (group, definition) in world.Groups)
        {
            if (!_lanes.TryGetValue(group, out var lane)) _lanes[group] = lane = new GroupLane(group, definition);
            lane.Definition = definition;
            lane.Grow(_step, now);
        }

        // A group whose definition is gone is wanted by nobody.
        foreach (var lane in _lanes.Values.Where(lane => !world.IsDefined(lane.Group)))
            lane.Definition = lane.Definition with { Slots = 0 };
    }

    private ImmutableArray<SlotOrder>? Hear(HostReport report, Instant now)
    {
        if (!IsActing) return null;
        if (!_hosts.IsGenuine(report, _world!))
        {
            // A host that has just come up is ahead of what was last observed of it, and is heard once it is known.
            if (report.Session.Opened > _world!.Horizon) _lookout.Hurry();
            else _late++;
            return null;
        }

        if (!_hosts.TryTake(report, now, _step))
        {
            _late++;
            return [];
        }

        if (IsBehind(report)) _lookout.Hurry();
        return Orders.For(_hosts.Of(report.Node)!, _lanes, _grant.Token, _world!);
    }

    private bool IsBehind(HostReport report) =>
        !_world!.Nodes.TryGetValue(report.Node, out var facts) || facts.Generation < report.Generation;

    private static Instant? Earliest(ReadOnlySpan<Instant?> instants)
    {
        Instant? first = null;
        foreach (var instant in instants)
        {
            if (instant is { } at && (first is null || at < first)) first = at;
        }

        return first;
    }
}
