using Holdfast.Standalone.Demo;
using Holdfast.Standalone.Local;
using Holdfast.Standalone.Ports;
using Holdfast.Standalone.Processes;
using Spectre.Console;

namespace Holdfast.Standalone.Serve;

/// <summary>Runs the whole of it until it is told to stop; the grains are those of the user's programs.</summary>
internal static class ServeCommand
{
    public static async Task<int> RunAsync(int? port, TimeSpan grace, bool verbose)
    {
        using var signals = Signals.OfParent();
        var console = Consoles.Open();
        try
        {
            var options = new LocalOptions
            {
                Port = port,
                Grace = grace,
                ChildLines = verbose ? Console.Error.WriteLine : null,
            };
            await using var system = await LocalSystem.StartAsync(
                options, step => console.MarkupLine($"[blue]·[/] {Markup.Escape(step)}"), signals.Stop);
            var toolFile = ToolFile.Write(system);
            foreach (var line in JoinWords.Of(system, grace, toolFile)) console.WriteLine(line);
            var losses = system.Children.Values.Select(child => TellOfEndAsync(console, child, signals.Stop));
            await Task.Delay(Timeout.InfiniteTimeSpan, signals.Stop)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            console.WriteLine("Stopping.");
            await Task.WhenAll(losses);
            return 0;
        }
        catch (OperationCanceledException) when (signals.Stop.IsCancellationRequested)
        {
            return 0;
        }
        catch (Exception e) when (e is PortTakenException or ChildFailedException or NotInTimeException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
    }

    /// <summary>A node that dies here is what Failover is for: it is told, and not started again.</summary>
    private static async Task TellOfEndAsync(IAnsiConsole console, ChildProcess child, CancellationToken stop)
    {
        await child.Exited.WaitAsync(stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!stop.IsCancellationRequested)
            console.WriteLine($"The process {child.Name} (pid {child.Pid}) has ended; it is not started again.");
    }
}
