using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Directory;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Tests.Simulation;

/// <summary>
/// A user's program: claims what its cluster owns and nobody holds, and writes to the guarded resource under the epochs
/// it holds until it is refused. One that is cut off goes on writing.
/// </summary>
internal sealed class SimulatedProgram(SweepWorld world, string cluster, string node)
{
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(2);

    private readonly SortedDictionary<GrainId, Epoch> _held = [];
    private SessionRecord? _session;

    public void Start(IReadOnlyList<GrainClaim> first, ulong generation = 1)
    {
        _session = world.Log.Open(cluster, Ttl, node, generation);
        Claim(first);
        Work(_session.Id);
    }

    /// <summary>Its node was fenced: the time to live of its session runs out, and is not prolonged.</summary>
    public void Fenced()
    {
        if (_session is { Id: var session }) world.After(Ttl, () => world.Log.Expire(session));
    }

    private void Work(SessionId session)
    {
        world.After(world.Delay() + TimeSpan.FromMilliseconds(200), () =>
        {
            if (_session?.Id != session) return;
            foreach (var (grain, epoch) in _held.ToArray())
            {
                if (!world.Resource.Write(grain, epoch)) _held.Remove(grain);
            }

            GrainClaim[] open =
            [
                .. world.Directory.Records
                    .Where(record => record.Cluster.Value == cluster && record.Holder is null)
                    .Select(record => new GrainClaim(record.Grain)),
            ];
            if (open.Length > 0) Claim(open);
            Work(session);
        });
    }

    private void Claim(IReadOnlyList<GrainClaim> grains)
    {
        // A fenced session is given no token any more, and so can claim nothing that was promoted.
        if (world.Log.Apply(new CoordinationCommand.AdvanceSession(_session!.Id)) is
            not CoordinationAnswer.SessionState { Session: var advanced })
        {
            return;
        }

        foreach (var answer in world.Directory.Claim(grains, advanced.Cluster, advanced.Id, advanced.Token))
        {
            if (answer.Status == DirectoryStatus.Ok) _held[answer.Grain] = answer.Record!.Epoch;
        }
    }
}

/// <summary>A resource that is guarded by epochs.</summary>
internal sealed class GuardedResource(Mistake mistake)
{
    private readonly Dictionary<GrainId, Epoch> _highest = [];
    private readonly Dictionary<GrainId, Epoch> _written = [];

    public long Refused { get; private set; }

    public bool Write(GrainId grain, Epoch epoch)
    {
        if (epoch < _highest.GetValueOrDefault(grain) && mistake != Mistake.ResourceIsBlind)
        {
            Refused++;
            return false;
        }

        _highest[grain] = epoch;
        epoch.ShouldBeGreaterThanOrEqualTo(_written.GetValueOrDefault(grain), $"A write to {grain} went through.");
        _written[grain] = epoch;
        return true;
    }
}
