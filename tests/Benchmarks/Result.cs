using System.Text.Json;

namespace Holdfast.Benchmarks;

/// <summary>The last line of a measurement.</summary>
internal static class Result
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    /// <summary>What it ran on, so that figures of different machines are never compared by mistake.</summary>
    public static string Machine { get; } =
        $"{Environment.ProcessorCount} cores, {Processor()}, {Environment.OSVersion.VersionString}, " +
        $".NET {Environment.Version}";

    public static void Print(Dictionary<string, object> fields) =>
        Console.WriteLine(JsonSerializer.Serialize(fields, Options));

    public static double[] Rounded(IEnumerable<double> values, int digits) =>
        [.. values.Select(value => Math.Round(value, digits))];

    private static string Processor()
    {
        const string name = "model name";
        if (!File.Exists("/proc/cpuinfo")) return "unknown processor";
        var line = File.ReadLines("/proc/cpuinfo")
            .FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        return line?.Split(':')[1].Trim() ?? "unknown processor";
    }
}
