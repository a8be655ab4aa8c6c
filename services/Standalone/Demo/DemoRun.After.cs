using System.Text.Json;
using Holdfast.Contracts;
using Holdfast.Primitives;
using Holdfast.Standalone.Nodes;
using Holdfast.Standalone.Ports;
using Holdfast.Standalone.Processes;
using Holdfast.Standalone.Resource;

namespace Holdfast.Standalone.Demo;

/// <summary>What follows the promotion: new owners, what a subscriber heard, and the old owner's return.</summary>
internal sealed partial class DemoRun
{
    private async Task<TimeSpan> ProveClaimedAsync(CancellationToken cancel)
    {
        _narrator.Chapter(
            "The new owners",
            "Processes of the new cluster hear of the promotion and claim their share, each under its own session.");
        IReadOnlyList<OwnerShare> shares = [];
        var at = await ProveAsync(Proof.Claimed, async late =>
        {
            _after = await _ownership.RecordsAsync(late);
            var held = _after.Values.Count(record => record.Holder is not null && IsMoved(record));
            if (held < Grains) return (false, $"{held} of {Grains} grains have a holder.");
            shares = await SharesAsync(late);
            var agreed = shares.Sum(share => share.Grains);
            if (agreed < Grains) return (false, $"The owners themselves speak of {agreed} of {Grains} grains.");
            var written = await _ownership.WrittenByAsync(Survivors, late);
            return (written == Grains, $"{written} of {Grains} grains were written to the resource by new owners.");
        }, cancel);
        _narrator.Proven(Proof.Claimed, $"{Ms(at)} ms after the kill; directory and owners agree on every epoch");
        _narrator.Owners(shares);
        return at;
    }

    /// <summary>What the owners say, counted only where the directory says the same.</summary>
    private async Task<IReadOnlyList<OwnerShare>> SharesAsync(CancellationToken cancel)
    {
        var shares = new List<OwnerShare>();
        foreach (var node in Survivors)
        {
            var answer = await _ownership.HeldByAsync(node, cancel);
            var agreed = answer.Grains
                .Where(grain => _after.TryGetValue(GrainId.Parse(grain.Key), out var record) &&
                    record.Holder?.ToString() == answer.Session && record.Epoch.ToString() == grain.Value)
                .OrderBy(grain => grain.Key, StringComparer.Ordinal)
                .ToList();
            var sample = agreed.FirstOrDefault();
            shares.Add(new OwnerShare(
                node.Cluster.Value,
                node.Node.Value,
                _system.Children[node.Node.Value].Pid,
                agreed.Count,
                sample.Key ?? "",
                sample.Value ?? ""));
        }

        return shares;
    }

    private async Task ProveAnnouncedAsync(CancellationToken cancel)
    {
        await ProveAsync(
            Proof.Announced,
            _ => Task.FromResult((
                _watch.Promoted.Count == Grains, $"It heard of {_watch.Promoted.Count} of {Grains} promotions.")),
            cancel);
        _narrator.Proven(Proof.Announced, $"{Grains:n0} grains in GrainPromoted events");
        var traces = _watch.PromotionTraces;
        if (traces.Count != 1 || traces.Contains(""))
            throw new ProofFailedException(Proof.OneTrace, $"The promotions came with {traces.Count} trace ids.");
        var trace = traces.Single();
        if (!_watch.ConvictionTraces.Contains(trace))
        {
            throw new ProofFailedException(
                Proof.OneTrace, $"No conviction came with the trace {trace} of the promotions.");
        }

        if (!_watch.FenceTraces.Contains(trace))
            throw new ProofFailedException(Proof.OneTrace, $"No fence came with the trace {trace} of the promotions.");
        _narrator.Proven(Proof.OneTrace, $"trace {trace}");
    }

    private async Task ProveStaleWriteRefusedAsync(CancellationToken cancel)
    {
        // A node that came up first may have claimed the share of the other too.
        var old = Victims.First(node => File.Exists(_system.Journal(node.Node.Value)));
        _narrator.Chapter(
            "The dead one returns",
            $"The old process of {old.Node} starts again and believes what is on its disk: that it owns its grains, " +
            "under its old epochs. It asks nobody and writes. The resource is a process that knows nothing of " +
            "clusters; it only remembers the highest epoch it has seen for each key.");
        var journal = OwnerJournal.Read(_system.Journal(old.Node.Value));
        var (grain, oldEpoch) = journal.Held().MinBy(held => held.Key);
        var (owner, newEpoch) = await OwnerOfAsync(grain, cancel);

        var returned = _system.StartChild($"old {old.Node}", "writer", _system.AssignmentFile(old.Node.Value));
        var stale = await WrittenByAsync(returned, cancel);
        _narrator.Step(
            $"old {old.Node} (pid {returned.Pid}) writes {journal.Grains.Count} grains, {grain} under {oldEpoch}: " +
            $"{stale.Refused.Count} refused, {stale.Accepted} accepted");
        if (stale.Accepted > 0 || stale.Refused.Count != journal.Grains.Count)
        {
            throw new ProofFailedException(
                Proof.StaleWriteRefused, $"{stale.Accepted} of {journal.Grains.Count} stale writes were accepted.");
        }

        var answer = await _ownership.WriteAsync(owner, grain, $"written after the return by {owner.Node}", cancel);
        var entry = await _ownership.EntryAsync(grain, cancel);
        var outcome = answer.Accepted == 1 ? "accepted" : "refused";
        _narrator.Step($"{owner.Node} writes {grain} under {newEpoch}: {outcome}");
        if (answer.Accepted != 1 || entry.Writer != owner.Node.Value)
        {
            throw new ProofFailedException(
                Proof.StaleWriteRefused, $"The new owner's write of {grain} was {outcome}; {entry.Writer} wrote last.");
        }

        _narrator.Proven(Proof.StaleWriteRefused, $"{grain} holds what {entry.Writer} wrote");
    }

    private static async Task<WriteAnswer> WrittenByAsync(ChildProcess returned, CancellationToken cancel)
    {
        try
        {
            var said = await returned.ReadyAsync(Proof.StaleWriteRefused.Deadline, cancel);
            return JsonSerializer.Deserialize<WriteAnswer>(said, ContractJson.Options)!;
        }
        catch (ChildFailedException e)
        {
            throw new ProofFailedException(Proof.StaleWriteRefused, e.Message);
        }
    }

    private async Task<(NodePlace Owner, string Epoch)> OwnerOfAsync(GrainId grain, CancellationToken cancel)
    {
        foreach (var node in Survivors)
        {
            var answer = await _ownership.HeldByAsync(node, cancel);
            if (answer.Grains.TryGetValue(grain.ToString(), out var epoch)) return (node, epoch);
        }

        throw new ProofFailedException(Proof.StaleWriteRefused, $"No process says that it holds {grain}.");
    }
}
