using System.Collections.Concurrent;
using Holdfast.Directory;
using Holdfast.Primitives;
using Microsoft.Extensions.Logging;

namespace Holdfast.Client;

/// <summary>
/// Looks at the shards for a loss of memory, and tells one that listens again what is held of it, under the epochs that
/// are held: the program writes on under those. When the shard listens no more, all of it is doubted, and so claimed
/// again under newer ones where it is still the program's own.
/// </summary>
internal sealed class GrainTelling(ShardCalls calls, KeptGrains kept, ShardMemories memories, ILogger logger)
{
    private readonly ConcurrentDictionary<int, ShardVersion> _versions = new();

    /// <summary>How far a shard had come when it was looked at; null where it is not sound.</summary>
    public ShardVersion? VersionOf(int shard) =>
        memories.IsSound(shard) ? _versions.GetValueOrDefault(shard) : null;

    /// <summary>One look at every shard, and what follows from it.</summary>
    public async Task CheckAsync(CancellationToken cancel)
    {
        var answers = new ConcurrentBag<ShardAnswer>();
        await calls.ForShardsAsync(Enumerable.Range(0, calls.Directory.Shards), DescribeAsync, cancel);
        var asking = answers
            .Select(answer => (Answer: answer, Call: memories.Saw(answer)))
            .Where(one => one.Call != ShardCall.None)
            .ToList();
        if (asking.Count == 0) return;

        // Sorted once for all shards: after a loss they all ask, and the window is short.
        var held = kept.Read(book => book.All.ToLookup(one => GrainShard.Of(one.Grain, calls.Directory.Shards)));
        foreach (var (answer, call) in asking.Where(one => one.Call != ShardCall.Tell))
            Doubt(answer.Shard, [.. held[answer.Shard]], call);
        await TellAsync([.. asking.Where(one => one.Call == ShardCall.Tell).Select(one => one.Answer)], held, cancel);

        async Task DescribeAsync(int shard, CancellationToken inner)
        {
            if (await calls.DescribeAsync(shard, inner) is not { } answer) return;
            _versions[shard] = answer.Version;
            answers.Add(answer);
        }
    }

    /// <summary>Tells shards side by side: one that does not answer takes none of the others' window.</summary>
    private async Task TellAsync(
        IReadOnlyList<ShardAnswer> asking, ILookup<int, Holding> held, CancellationToken cancel)
    {
        // What an earlier session claimed is not told under this one: its epochs name that session. It is claimed again
        // after the window, where nobody else has it.
        var own = asking
            .SelectMany(answer => held[answer.Shard])
            .Where(holding => holding.Session == calls.Session.Id)
            .ToDictionary(holding => holding.Grain);
        var unheard = own.Keys.GroupBy(ShardOf).ToDictionary(shard => shard.Key, shard => shard.Count());
        foreach (var answer in asking.Where(answer => !unheard.ContainsKey(answer.Shard)))
            memories.Told(answer.Shard, answer.Version.Gen);
        if (own.Count == 0) return;
        var gens = asking.ToDictionary(answer => answer.Shard, answer => answer.Version.Gen);
        var told = 0;
        await calls.ReassertAsync(own.Values.Select(holding => holding.Held), Learn, cancel);
        Log.GrainsTold(logger, told, own.Count, asking.Count);

        void Learn(IReadOnlyList<GrainAnswer> answers)
        {
            foreach (var one in answers.Where(one => one.Status == DirectoryStatus.LostRace))
                Lose(own[one.Grain], one);
            var taken = answers.Count(one => one.Status == DirectoryStatus.Ok);
            Telemetry.GrainsReasserted.Add(taken);
            Interlocked.Add(ref told, taken);
            var shard = ShardOf(answers[0].Grain);
            lock (unheard)
            {
                unheard[shard] -= answers.Count(IsHeard);
                if (unheard[shard] == 0) memories.Told(shard, gens[shard]);
            }
        }
    }

    private int ShardOf(GrainId grain) => GrainShard.Of(grain, calls.Directory.Shards);

    private static bool IsHeard(GrainAnswer answer) =>
        answer.Status is DirectoryStatus.Ok or DirectoryStatus.LostRace or DirectoryStatus.WrongFormat;

    /// <summary>Another told a higher epoch: that one is the owner, unless it is an epoch of the own session.</summary>
    private void Lose(Holding held, GrainAnswer answer)
    {
        if (answer.Record is not { } record || (!record.Tombstone && record.Holder == calls.Session.Id)) return;
        var cause = record.Tombstone ? GrainLossCause.Released : GrainLossCause.Demoted;
        kept.Change(book => book.Lost(held.Grain, held.Epoch, cause, record));
    }

    /// <summary>
    /// What was told is on record, and nobody takes it from a session that lives. What was not may be another's by now:
    /// a leased grain, which no resource guards, is not served until that is known.
    /// </summary>
    private void Doubt(int shard, IReadOnlyList<Holding> held, ShardCall call)
    {
        if (held.Count == 0) return;
        Log.GrainsDoubted(logger, held.Count, GrainShard.Name(shard));
        kept.Doubt(held.Select(holding => holding.Grain));
        if (call != ShardCall.Missed) return;
        foreach (var leased in held.Where(holding => holding.Kind == GrainKind.Leased))
            kept.Read(book => book.Refused(leased.Grain, leased.Epoch));
    }
}
