using System.Globalization;
using System.Text.RegularExpressions;

namespace Holdfast.Benchmarks.Failover;

/// <summary>
/// The scheduler weighs sessions of processes against each other, and Redis and RabbitMQ have sessions of their own.
/// They are put in the order of <c>docker-compose.yml</c>: Redis, which every other process waits for, before the
/// broker, and that before all others, which share the benchmark's session. It starts from that session's own
/// niceness, since a benchmark that was given priority would compete with the servers that it measures.
/// </summary>
internal static partial class Precedence
{
    /// <summary>What is so and is not Linux' default, for the reader of the figures.</summary>
    public const string Differences = "Redis before RabbitMQ before others (where sched_autogroup and rights allow it)";

    private const string Own = "/proc/self/autogroup";
    private const int MostNegative = -20;

    // Weights of 55 and 7.4 times that of 0: the nearest below the 64 and 8 times of the containers' shares.
    private static readonly Dictionary<string, int> Before = new(StringComparer.Ordinal)
    {
        ["redis-server"] = -18,
        ["beam.smp"] = -9,
    };

    /// <summary>Weighs all processes below this one.</summary>
    public static void GiveToChildren()
    {
        if (!File.Exists(Own) || Niceness().Match(File.ReadAllText(Own)) is not { Success: true } found) return;
        var own = int.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture);
        var processes = Processes().ToDictionary(process => process, StatOf);

        // A session has several processes, of which the one that counts is written last.
        foreach (var (process, before) in processes.Keys
            .Where(process => IsBelow(process, processes))
            .Select(process => (process, Before.GetValueOrDefault(processes[process].Name)))
            .OrderByDescending(pair => pair.Item2))
        {
            var niceness = Math.Max(MostNegative, own + before);
            TryWrite($"/proc/{process}/autogroup", niceness.ToString(CultureInfo.InvariantCulture));
        }
    }

    [GeneratedRegex("nice (-?\\d+)")]
    private static partial Regex Niceness();

    private static IEnumerable<int> Processes() => System.IO.Directory.EnumerateDirectories("/proc")
        .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) ? id : 0)
        .Where(process => process > 0);

    private static bool IsBelow(int process, Dictionary<int, (string Name, int Parent)> processes)
    {
        for (var parent = processes[process].Parent; parent > 0; parent = processes.GetValueOrDefault(parent).Parent)
            if (parent == Environment.ProcessId) return true;
        return false;
    }

    // /proc/N/stat: pid (name) state parent ...; the name may have blanks.
    private static (string Name, int Parent) StatOf(int process)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{process}/stat");
            var (open, close) = (stat.IndexOf('('), stat.LastIndexOf(')'));
            var parent = int.Parse(stat[(close + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
            return (stat[(open + 1)..close], parent);
        }
        catch (IOException)
        {
            return ("", 0); // It has ended.
        }
    }

    private static void TryWrite(string file, string value)
    {
        try
        {
            File.WriteAllText(file, value);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            Console.WriteLine($"{file} stays as it is: {refused.Message}");
        }
    }
}
