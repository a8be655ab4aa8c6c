using System.Globalization;
using Holdfast.Directory;
using Holdfast.Directory.Redis;
using Holdfast.Failover.Rounds.World;
using Holdfast.Primitives;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Failover.Rounds.Rounds;

/// <summary>
/// What is looked at when a round did not come to its end: who holds what, how the directory stands for a client that
/// has seen none of it, what was done last, and what the processes said. Each look has a bound, and what it fails with
/// is a finding as well.
/// </summary>
internal sealed class Inquest(Installation world)
{
    private const int CallsSaid = 12;
    private const int LinesSaid = 60;
    private const int ColumnsMax = 400;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <param name="grains">All grains of the round.</param>
    /// <param name="heir">Who was to own them; null where the round did not come so far.</param>
    public async Task<IReadOnlyList<string>> FindAsync(IReadOnlyList<GrainId> grains, Owner? heir)
    {
        var findings = new List<string>
        {
            $"the heir holds {heir?.Keeper.Held.Count ?? 0} of {grains.Count} grains and serves " +
            $"{heir?.Serves(grains) ?? 0}",
            $"{world.Announcements.Heard.Count} announcements were heard",
            $"{world.Grants.CarriedOut.Count} calls under a grant were carried out, in the end:",
        };
        findings.AddRange(world.Grants.CarriedOut.TakeLast(CallsSaid).Select(call => string.Create(
            CultureInfo.InvariantCulture,
            $"  {call.Call.At:HH:mm:ss.fff} {call.Call.Step} under {call.Call.Token}, {call.Promoted} moved")));
        findings.Add($"the machine's load: {await TryAsync(LoadAsync)}");
        findings.Add($"elected: {await TryAsync(async cancel => $"{await world.ElectedAsync(cancel)}")}");
        await using (var fresh = world.OpenDirectory(Patience, NullLogger<RedisGrainDirectory>.Instance))
            findings.AddRange(await DirectoryAsync("a new client", fresh, grains));
        findings.AddRange(await DirectoryAsync("the owners' client", world.Directory, grains));
        findings.AddRange(Tail("the owners' client", [.. world.DirectoryLog.Lines.Select(line => line.ToString())]));
        foreach (var promoter in world.Promoters)
        {
            findings.Add($"{promoter.Name} stands: {await TryAsync(promoter.StandingAsync)}");
            findings.AddRange(Tail(promoter.Name, promoter.Lines));
        }

        return findings;
    }

    /// <summary>A machine that has no time for the processes of a round is a reason like another.</summary>
    private static async Task<string> LoadAsync(CancellationToken cancel) =>
        (await File.ReadAllTextAsync("/proc/loadavg", cancel)).TrimEnd() +
        $" on {Environment.ProcessorCount} processors";

    private static async Task<IReadOnlyList<string>> DirectoryAsync(
        string who, RedisGrainDirectory directory, IReadOnlyList<GrainId> grains)
    {
        var findings = new List<string>();
        for (var shard = 0; shard < directory.Shards; shard++)
        {
            var asked = shard;
            var found = await TryAsync(async cancel => $"{await directory.ShardAsync(asked, cancel)}");
            findings.Add($"{who} sees {found}");
        }

        findings.Add($"{who} finds {await TryAsync(async cancel => await OwnersAsync(directory, grains, cancel))}");
        return findings;
    }

    private static async Task<string> OwnersAsync(
        RedisGrainDirectory directory, IReadOnlyList<GrainId> grains, CancellationToken cancel)
    {
        var owners = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var batch in grains.Chunk(DirectoryLimits.GrainsPerCallMax))
        {
            foreach (var answer in await directory.LookupAsync(batch, cancel))
            {
                var owner = $"{answer.Status} {answer.Record?.Cluster} held by {answer.Record?.Holder}";
                owners[owner] = owners.GetValueOrDefault(owner) + 1;
            }
        }

        return string.Join("; ", owners.Select(owner => $"{owner.Value} {owner.Key}"));
    }

    /// <summary>The last lines; where an exception was thrown is not said.</summary>
    private static IEnumerable<string> Tail(string who, IReadOnlyList<string> lines) => lines
        .Where(line => !line.TrimStart().StartsWith("at ", StringComparison.Ordinal))
        .TakeLast(LinesSaid)
        .Select(line => "  " + line[..Math.Min(line.Length, ColumnsMax)])
        .Prepend($"{who} said:");

    private static async Task<string> TryAsync(Func<CancellationToken, Task<string>> look)
    {
        using var late = new CancellationTokenSource(Patience);
        try
        {
            return await look(late.Token).WaitAsync(Patience);
        }
        catch (Exception failure)
        {
            return $"nothing: {failure.Message}";
        }
    }
}
