using System.Diagnostics;
using System.Globalization;

namespace Holdfast.Servers.Topologies;

/// <summary>What an operator would type, at one server of a topology.</summary>
public static class RedisCli
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan CallPatience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(50);

    /// <summary>Runs a command and returns what it printed.</summary>
    /// <exception cref="InvalidOperationException">The server refused it, or is not there.</exception>
    public static async Task<string> CliAsync(this ITestServer server, params string[] command)
    {
        var port = server.Port.ToString(CultureInfo.InvariantCulture);
        var start = new ProcessStartInfo("redis-cli", ["-e", "-h", server.Host, "-p", port, .. command])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException("redis-cli did not start.");
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var deadline = new CancellationTokenSource(CallPatience);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException late)
        {
            process.Kill();
            throw new InvalidOperationException(
                $"{string.Join(' ', command)} at {server.Address} has no answer after {CallPatience}.", late);
        }

        if (process.ExitCode == 0) return (await output).TrimEnd();
        throw new InvalidOperationException(
            $"{string.Join(' ', command)} at {server.Address} ended with {process.ExitCode}: " +
            $"{await output}{await errors}");
    }

    /// <summary>Completes when every replica of a master has all that it was told so far.</summary>
    public static Task ReplicasInStepAsync(this ITestServer master) => master.UntilAsync(
        "replicas in step",
        info =>
        {
            var lines = info.Split('\n', StringSplitOptions.TrimEntries);
            var come = lines.Single(line => line.StartsWith("master_repl_offset:", StringComparison.Ordinal))[19..];
            var replicas = lines.Where(line => line.Contains(",state=online,", StringComparison.Ordinal)).ToList();
            return replicas.Count > 0 && replicas.TrueForAll(line => line.Contains($",offset={come},"));
        },
        "INFO",
        "replication");

    /// <summary>Asks again and again until the answer is the wanted one.</summary>
    /// <exception cref="TimeoutException">It never came; the message says what was wanted and came last.</exception>
    public static async Task<string> UntilAsync(
        this ITestServer server, string wanted, Func<string, bool> isWanted, params string[] command)
    {
        using var deadline = new CancellationTokenSource(Patience);
        using var timer = new PeriodicTimer(Pace);
        for (var last = ""; ;)
        {
            try
            {
                last = await server.CliAsync(command);
                if (isWanted(last)) return last;
            }
            catch (InvalidOperationException notYet)
            {
                last = notYet.Message;
            }

            try
            {
                await timer.WaitForNextTickAsync(deadline.Token);
            }
            catch (OperationCanceledException late)
            {
                throw new TimeoutException(
                    $"Not {wanted} after {Patience}: {string.Join(' ', command)} at {server.Address} says {last}",
                    late);
            }
        }
    }
}
