using System.ComponentModel;
using System.Diagnostics;

namespace Holdfast.Consensus.Rounds.Sandboxes;

/// <summary>Small programs of the system, run to their end.</summary>
internal static class Tool
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Also where only root's path has it.</summary>
    public static string? PathOf(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Concat(["/usr/sbin", "/sbin", "/usr/bin"])
            .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    /// <summary>Null when it succeeded, else what it said.</summary>
    public static async Task<string?> TryAsync(
        string program, IEnumerable<string> arguments, CancellationToken cancel)
    {
        var start = new ProcessStartInfo(PathOf(program) ?? program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        try
        {
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync(cancel);
            var errors = await process.StandardError.ReadToEndAsync(cancel).WaitAsync(Patience, cancel);
            await process.WaitForExitAsync(cancel).WaitAsync(Patience, cancel);
            if (process.ExitCode == 0) return null;
            return $"{program} ended with {process.ExitCode}: {errors.Trim()} {(await output).Trim()}".Trim();
        }
        catch (Win32Exception missing)
        {
            return missing.Message;
        }
    }

    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static async Task DemandAsync(string program, string arguments, CancellationToken cancel)
    {
        if (await TryAsync(program, arguments.Split(' '), cancel) is { } problem)
            throw new InvalidOperationException($"`{program} {arguments}`: {problem}");
    }
}
