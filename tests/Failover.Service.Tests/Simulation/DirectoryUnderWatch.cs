using Holdfast.Contracts;
using Holdfast.Directory;
using Holdfast.Directory.Embedded;
using Holdfast.Failover.Protocol;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Tests.Simulation;

/// <summary>
/// The embedded directory, and what must hold of it after each call: an epoch never has two owners (invariant 1), it
/// only grows (3), every change is announced (3), nothing moves under a grant that its successor has replaced (5) or
/// under a token at which the cluster was alive, and a lease is not taken from a session that has not ended.
/// </summary>
internal sealed class DirectoryUnderWatch(SimulatedLog log, Mistake mistake, TimeProvider time)
{
    public const int Shards = 4;

    private readonly EmbeddedGrainDirectory _directory = new(new DirectoryOptions { Shards = Shards }, time);
    private readonly Dictionary<GrainId, GrainRecord> _last = [];
    private readonly Dictionary<(GrainId, Epoch), (ClusterId, SessionId?)> _owners = [];
    private readonly Dictionary<(int, ElectionName), Token> _acknowledged = [];

    public long Promoted { get; private set; }

    public long RefusedPromotions { get; private set; }

    public IEnumerable<GrainRecord> Records => _last.Values;

    public void Open(Token floor)
    {
        for (var shard = 0; shard < Shards; shard++)
            Now(_directory.OpenShardAsync(shard, ElectionName.Failover(new ClusterId("west")), floor, floor, default));
    }

    public IReadOnlyList<GrainAnswer> Claim(
        IReadOnlyList<GrainClaim> grains, ClusterId cluster, SessionId session, Token token)
    {
        var answers = Now(_directory.ClaimAsync(grains, cluster, session, token, default));
        Look();
        return answers;
    }

    public CallResult Carry(ShardCall call, ElectionName election, IReadOnlyList<SessionId> living) => call switch
    {
        ShardCall.InstallGrant install => Install(install, election),
        ShardCall.Promote promote => Promote(promote, election, living),
        ShardCall.Count count => Counted(Now(_directory.CountAsync(count.Shard, count.Clusters, default))),
        _ => throw new InvariantViolatedException(call.ToString()),
    };

    private static CallResult.Counted Counted(CountAnswer answer) => new(
        [.. answer.Counts], [.. answer.Others.Select(owner => (owner.Cluster, owner.Grains))]);

    /// <summary>What was installed and said so is the grant: a lower one moves nothing from then on.</summary>
    public void Acknowledged(ShardCall.InstallGrant install, ElectionName election)
    {
        var key = (install.Shard, election);
        if (install.Token > _acknowledged.GetValueOrDefault(key)) _acknowledged[key] = install.Token;
    }

    /// <summary>Every epoch that was ever seen was announced, in the order of its shard.</summary>
    public void DemandAnnounced()
    {
        var announced = new HashSet<(string, string, string)>();
        for (var shard = 0; shard < Shards; shard++)
        {
            var entries = Now(_directory.ReadOutboxAsync(shard, 0, 1_000, default)).Entries.ToList();
            if (mistake == Mistake.LosesAnAnnouncement && entries.Count > 0) entries.RemoveAt(entries.Count / 2);
            entries.Select(entry => entry.Seq).ShouldBeInOrder();
            foreach (var grain in entries.SelectMany(entry => GrainsOf(OutboxEvents.Decode(shard, entry))))
                announced.Add((grain.Type, grain.Key, grain.NewEpoch));
        }

        foreach (var (grain, epoch) in _owners.Keys)
            announced.ShouldContain((grain.Type, grain.Key, epoch.ToString()), $"{grain} under {epoch}");
    }

    private static IEnumerable<GrainChange> GrainsOf(IEvent message) => message switch
    {
        GrainPromoted promoted => promoted.Grains,
        GrainClaimed claimed => claimed.Grains,
        _ => [],
    };

    private CallResult Install(ShardCall.InstallGrant call, ElectionName election)
    {
        var answer = Now(_directory.InstallGrantAsync(call.Shard, election, call.Token, default));
        return answer.Status == DirectoryStatus.Ok
            ? new CallResult.Done()
            : new CallResult.Refused(answer.Bound);
    }

    private CallResult Promote(ShardCall.Promote call, ElectionName election, IReadOnlyList<SessionId> living)
    {
        var token = call.Token;
        var wire = new PromoteCall(call.Shard, election, token, call.From, living, call.Cursor, "gone")
        {
            GrainsMax = 3,
        };
        var answer = Now(_directory.PromoteAsync(wire, default));
        if (mistake == Mistake.IgnoresTheGrant && answer.Status == DirectoryStatus.GrantSuperseded)
            answer = Now(_directory.PromoteAsync(wire with { Token = answer.Bound }, default));
        if (answer.Promoted > 0) DemandRight(call, election);
        Promoted += answer.Promoted;
        Look();
        if (answer.Status == DirectoryStatus.Ok)
        {
            return new CallResult.Batch(
                answer.Promoted, answer.Newer, answer.Leased, answer.Remaining, answer.Next, answer.Skipped)
            {
                Malformed = answer.Malformed,
            };
        }

        RefusedPromotions++;
        return new CallResult.Refused(answer.Bound);
    }

    private void DemandRight(ShardCall.Promote call, ElectionName election)
    {
        call.Token.ShouldBeGreaterThanOrEqualTo(
            _acknowledged.GetValueOrDefault((call.Shard, election)), $"A later grant was installed: {call}");
        log.WasEastAliveAt(call.Token).ShouldBeFalse($"East was alive: {call}");
    }

    private void Look()
    {
        for (var shard = 0; shard < Shards; shard++)
        {
            foreach (var record in Now(_directory.ScanAsync(shard, null, default)).Records) See(record);
        }
    }

    private void See(GrainRecord record)
    {
        if (_last.TryGetValue(record.Grain, out var before))
        {
            if (before == record) return;
            record.Epoch.ShouldBeGreaterThan(before.Epoch, $"{before} became {record}");
            if (before is { Kind: GrainKind.Leased, Holder: { } holder } && holder != record.Holder)
                log.IsEnded(holder).ShouldBeTrue($"The lease of {before} was still running.");
        }

        _last[record.Grain] = record;
        if (!_owners.TryAdd((record.Grain, record.Epoch), (record.Cluster, record.Holder)))
            _owners[(record.Grain, record.Epoch)].ShouldBe((record.Cluster, record.Holder), $"{record}");
    }

    // The embedded directory has answered when it returns.
    private static T Now<T>(Task<T> answered)
    {
        answered.IsCompleted.ShouldBeTrue();
#pragma warning disable xUnit1031 // It is completed: nothing blocks.
        return answered.Result;
#pragma warning restore xUnit1031
    }
}
