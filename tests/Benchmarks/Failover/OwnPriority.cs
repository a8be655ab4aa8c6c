using System.Globalization;
using System.Text.RegularExpressions;

namespace Holdfast.Benchmarks.Failover;

/// <summary>
/// The scheduler weighs sessions of processes against each other, and servers have sessions of their own: without this
/// a benchmark that was given priority would compete with the servers that it measures.
/// </summary>
internal static partial class OwnPriority
{
    private const string Own = "/proc/self/autogroup";

    /// <summary>Gives all processes below this one its own session's priority.</summary>
    public static void GiveToChildren()
    {
        if (!File.Exists(Own) || Niceness().Match(File.ReadAllText(Own)) is not { Success: true } own) return;
        var parents = Processes().ToDictionary(process => process, ParentOf);
        foreach (var process in parents.Keys.Where(process => IsBelow(process, parents)))
            TryWrite($"/proc/{process}/autogroup", own.Groups[1].Value);
    }

    [GeneratedRegex("nice (-?\\d+)")]
    private static partial Regex Niceness();

    private static IEnumerable<int> Processes() => System.IO.Directory.EnumerateDirectories("/proc")
        .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) ? id : 0)
        .Where(process => process > 0);

    private static bool IsBelow(int process, Dictionary<int, int> parents)
    {
        for (var parent = parents[process]; parent > 0; parent = parents.GetValueOrDefault(parent))
            if (parent == Environment.ProcessId) return true;
        return false;
    }

    // /proc/N/stat: pid (name) state parent ...; the name may have blanks.
    private static int ParentOf(int process)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{process}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0; // It has ended.
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
