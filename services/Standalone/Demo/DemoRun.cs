using System.Globalization;
using Holdfast.Client;
using Holdfast.Directory;
using Holdfast.Primitives;
using Holdfast.Standalone.Local;
using Holdfast.Standalone.Ports;

namespace Holdfast.Standalone.Demo;

/// <summary>
/// The incident, step by step: a cluster is killed, and each thing that must follow is proven before the next is
/// looked for. Proofs look at the truth itself (members, Consensus, the directory, the processes); what a subscriber
/// heard is a proof of its own.
/// </summary>
internal sealed partial class DemoRun : IAsyncDisposable
{
    public const int Grains = 1_000;
    public const string Victim = "east";
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    // The grace began a little before word of the fence came, and this machine's clock may be corrected meanwhile.
    private static readonly TimeSpan GraceTolerance = TimeSpan.FromMilliseconds(250);

    private readonly LocalSystem _system;
    private readonly INarrator _narrator;
    private readonly IncidentWatch _watch;
    private readonly Ownership _ownership;
    private readonly Replicas _replicas;
    private Dictionary<GrainId, GrainRecord> _before = [];
    private Dictionary<GrainId, GrainRecord> _after = [];
    private DateTime? _fencedOn;

    public DemoRun(LocalSystem system, INarrator narrator)
    {
        (_system, _narrator) = (system, narrator);
        _watch = new IncidentWatch(narrator);
        _ownership = new Ownership(system);
        _replicas = new Replicas(system);
    }

    private IReadOnlyList<NodePlace> Victims => [.. _system.Layout.Of(Victim)];

    private IReadOnlyList<NodePlace> Survivors => [.. _system.Layout.Nodes.Except(Victims)];

    /// <exception cref="ProofFailedException">A proof did not hold.</exception>
    public async Task<DemoResult> RunAsync(CancellationToken cancel)
    {
        await WatchOwnersBeginAsync(cancel);
        await ProvePlacedAsync(cancel);
        await KillAsync();
        var detected = await ProveDetectedAsync(cancel);
        var fenced = await ProveFencedAsync(cancel);
        await SitOutGraceAsync(fenced, cancel);
        var promoted = await ProvePromotedAsync(fenced, cancel);
        var claimed = await ProveClaimedAsync(cancel);
        await ProveAnnouncedAsync(cancel);
        var recovered = await ProveSlotsRecoveredAsync(cancel);
        await ProveStaleWriteRefusedAsync(cancel);
        var (failed, pause) = await ProveHandedOverAsync(cancel);
        return new DemoResult(
            Ms(detected),
            Ms(fenced),
            Ms(promoted),
            Ms(claimed),
            _after.Count,
            _watch.PromotionTraces.Count,
            StaleWriteRefused: true,
            recovered,
            failed,
            Ms(pause));
    }

    public async ValueTask DisposeAsync()
    {
        await _watch.DisposeAsync();
        _replicas.Dispose();
        _ownership.Dispose();
    }

    private async Task WatchOwnersBeginAsync(CancellationToken cancel)
    {
        await _watch.SubscribeAsync(_system.Hub);
        await ProveAsync(Proof.Started, async late =>
        {
            _before = await _ownership.RecordsAsync(late);
            var held = _before.Values.Count(record => record.Cluster.Value == Victim && record.Holder is not null);
            if (held < Grains) return (false, $"{held} of {Grains} grains are held in {Victim}.");
            var written = await _ownership.WrittenByAsync(Victims, late);
            return (written == Grains, $"{written} of {Grains} grains were written to the resource by {Victim}.");
        }, cancel);
        _narrator.Proven(
            Proof.Started,
            $"{Grains:n0} grains, for instance {Sample(_before)}");
    }

    private async Task KillAsync()
    {
        _narrator.Chapter(
            "The cluster dies",
            "Both processes of east get SIGKILL at once: no goodbye, no last message. They held every grain, the " +
            "agents that spoke for them, and their cluster's Failover.");
        _watch.Kill();
        await Task.WhenAll(Victims.Select(node => _system.Children[node.Node.Value].KillAsync()));
        _narrator.Step($"SIGKILL {string.Join(" and ", Victims.Select(node => node.Node))}");
    }

    private async Task<TimeSpan> ProveDetectedAsync(CancellationToken cancel)
    {
        var survivor = Survivors[0];
        using var members = new MemberView(survivor);
        var at = await ProveAsync(Proof.Detected, async late =>
        {
            var down = await members.DownAsync(late);
            return (
                Victims.All(node => down.Contains(node.Node.Value)),
                $"{survivor.Node} takes {(down.Count == 0 ? "nobody" : string.Join(", ", down))} for dead.");
        }, cancel);
        at = Earlier(at, Victims.Select(node => _watch.DownAt(node.Node.Value)));
        _narrator.Proven(Proof.Detected, $"{Ms(at)} ms after the kill");
        return at;
    }

    private async Task<TimeSpan> ProveFencedAsync(CancellationToken cancel)
    {
        var at = await ProveAsync(Proof.Fenced, async late =>
        {
            var snapshot = await _system.Consensus.SnapshotAsync(late);
            var fenced = snapshot.Nodes
                .Where(node => node.Fence?.Generation == node.Generation && !node.Live)
                .Select(node => node.Node)
                .ToHashSet();
            _fencedOn = snapshot.Nodes
                .Where(node => Victims.Any(victim => victim.Node.Value == node.Node))
                .Max(node => node.Fence?.FencedAt);
            var alive = snapshot.Sessions.Count(session => session.Cluster == Victim && session.State == "live");
            return (
                alive == 0 && Victims.All(node => fenced.Contains(node.Node.Value)),
                $"{fenced.Count} nodes are fenced, {alive} sessions of {Victim} live.");
        }, cancel);
        at = Earlier(at, Victims.Select(node => _watch.FencedAt(node.Node.Value)));
        _narrator.Proven(Proof.Fenced, $"{Ms(at)} ms after the kill; from here on east gets no new right to act");
        return at;
    }

    private async Task SitOutGraceAsync(TimeSpan fencedAt, CancellationToken cancel)
    {
        _narrator.Chapter(
            "The grace",
            "A cluster may come back by itself, and moving everything costs. So nothing moves yet: " +
            $"{Grace.TotalSeconds:0} s here, 30 s by default.");
        var end = fencedAt + Grace - GraceTolerance;
        for (var seconds = (int)Math.Ceiling((end - _watch.SinceKill).TotalSeconds); seconds > 0; seconds--)
        {
            _narrator.Step($"grace: {seconds} s left");
            var pause = end - TimeSpan.FromSeconds(seconds - 1) - _watch.SinceKill;
            if (pause > TimeSpan.Zero) await Task.Delay(pause, cancel);
        }
    }

    private async Task<TimeSpan> ProvePromotedAsync(TimeSpan fencedAt, CancellationToken cancel)
    {
        _narrator.Chapter(
            "The promotion",
            "The grace ends. The Failover that Consensus chose sweeps the directory shard by shard, each grain " +
            "under a new and higher epoch.");
        var at = await ProveAsync(Proof.Promoted, async late =>
        {
            var records = await _ownership.RecordsAsync(late);
            var moved = records.Values.Count(IsMoved);
            var owners = records.Values.Select(record => record.Cluster).Distinct().ToList();
            return (moved == Grains && owners.Count == 1, $"{moved} of {Grains} grains moved.");
        }, cancel);
        if (_watch.Promoted.Count == Grains) at = _watch.LastPromotion;
        _narrator.Proven(Proof.Promoted, $"{Ms(at)} ms after the kill");

        // As fence and promotion tell it: when word of them came depends on the bus as well.
        var waited = _watch.FirstPromotedOn - _fencedOn ?? at - fencedAt;
        if (waited < Grace - GraceTolerance)
            throw new ProofFailedException(Proof.GraceKept, $"The first came {Ms(waited)} ms after the fence.");
        _narrator.Proven(Proof.GraceKept, $"the first promotion came {Ms(waited)} ms after the fence");
        return at;
    }

    private bool IsMoved(GrainRecord record) =>
        record.Cluster.Value != Victim && _before.TryGetValue(record.Grain, out var before) &&
        record.Epoch > before.Epoch;

    /// <summary>Asks until it is so; then when it was, since the kill.</summary>
    private async Task<TimeSpan> ProveAsync(
        Proof proof, Func<CancellationToken, Task<(bool Holds, string State)>> look, CancellationToken cancel)
    {
        var deadline = proof.DeadlineWith(_system.Broken);
        var state = "Nothing was seen.";
        try
        {
            await Waiting.UntilAsync(proof.Name, deadline, async late =>
            {
                try
                {
                    (var holds, state) = await look(late);
                    return holds;
                }
                catch (Exception e) when (e is HttpRequestException or ConsensusUnavailableException)
                {
                    state = e.Message;
                    return false;
                }
            }, cancel);
            return _watch.SinceKill;
        }
        catch (NotInTimeException)
        {
            throw new ProofFailedException(proof, $"After {deadline.TotalSeconds:0} s: {state}");
        }
    }

    /// <summary>
    /// An event tells more exactly than asking every few milliseconds, where all came before the answer.
    /// </summary>
    private static TimeSpan Earlier(TimeSpan asked, IEnumerable<TimeSpan?> heard)
    {
        var all = heard.ToList();
        return all.TrueForAll(at => at is not null) && all.Max() is { } last && last < asked ? last : asked;
    }

    private static string Sample(Dictionary<GrainId, GrainRecord> records)
    {
        var (grain, record) = records.MinBy(entry => entry.Key);
        return string.Create(CultureInfo.InvariantCulture, $"{grain} under epoch {record.Epoch}");
    }

    private static long Ms(TimeSpan span) => (long)span.TotalMilliseconds;
}
