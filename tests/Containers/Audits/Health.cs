using Holdfast.Containers.Compose;

namespace Holdfast.Containers.Audits;

/// <summary>Whether containers keep within their limits: no end of memory, no start by the engine.</summary>
internal static class Health
{
    /// <summary>The part of its limit that a container may use. With less to spare a peak would end it.</summary>
    private const double PartMax = 0.9;

    /// <summary>Demands it of a set, and prints how much each of its containers uses.</summary>
    public static async Task DemandAsync(ComposeSet set)
    {
        var containers = await set.ContainersAsync();
        var (findings, figures) = await ExamineAsync(containers);
        Console.WriteLine($"Memory in MiB: {string.Join(", ", figures)}.");
        findings.ShouldBeEmpty();
    }

    /// <summary>What is wrong with these containers, each in a sentence, and what those that run use.</summary>
    public static async Task<(IReadOnlyList<string> Findings, IReadOnlyList<string> Figures)> ExamineAsync(
        IReadOnlyCollection<string> containers)
    {
        using var engine = await EngineSocket.ConnectAsync();
        List<string> findings = [];
        List<string> figures = [];
        using var inspected = await Inspection.OfAsync(containers);
        foreach (var one in inspected.Containers)
        {
            findings.AddRange(Endings(one));
            var usage = await engine.UsageAsync(one.Id, TestContext.Current.CancellationToken);
            if (usage is null) continue;
            var figure = $"{one.Name} {InMebibytes(usage.MemoryBytes)} of {InMebibytes(usage.MemoryBytesMax)}";
            figures.Add(figure);
            if (usage.MemoryBytes >= PartMax * usage.MemoryBytesMax) findings.Add($"{figure}: too near its limit");
        }

        return (findings, figures);
    }

    /// <summary>The time of one core that all containers of a set have used together.</summary>
    public static async Task<TimeSpan> CpuAsync(ComposeSet set)
    {
        using var engine = await EngineSocket.ConnectAsync();
        using var inspected = await Inspection.OfAsync(await set.ContainersAsync());
        var usages = await Task.WhenAll(inspected.Containers.Select(
            one => engine.UsageAsync(one.Id, TestContext.Current.CancellationToken)));
        return usages.Aggregate(TimeSpan.Zero, (sum, usage) => sum + (usage?.Cpu ?? TimeSpan.Zero));
    }

    private static IEnumerable<string> Endings(InspectedContainer one)
    {
        if (one.State.GetProperty("OOMKilled").GetBoolean()) yield return $"{one.Name}: ran out of memory";
        var restarts = one.Root.GetProperty("RestartCount").GetInt32();
        if (restarts > 0) yield return $"{one.Name}: ended by itself and was started again {restarts} times";
    }

    private static string InMebibytes(long bytes) => $"{bytes >> 20}";
}
