using Holdfast.Standalone.Local;
using Holdfast.Standalone.Ports;
using Holdfast.Standalone.Processes;

namespace Holdfast.Standalone.Demo;

/// <summary>Runs the demo and turns its end into an exit code.</summary>
internal static class DemoCommand
{
    private const int Interrupted = 130;

    public static async Task<int> RunAsync(int? port, bool json, bool verbose, Sabotage sabotage)
    {
        using var signals = Signals.OfParent();
        INarrator narrator = json
            ? new JsonNarrator(Console.Out)
            : new ConsoleNarrator(Consoles.Open(), DemoRun.Grains);
        try
        {
            return await RunAsync(narrator, new LocalOptions
            {
                Port = port,
                Grains = DemoRun.Grains,
                Grace = DemoRun.Grace,
                Break = sabotage,
                ChildLines = verbose ? Console.Error.WriteLine : null,
            }, signals.Stop);
        }
        catch (OperationCanceledException) when (signals.Stop.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("Stopped. No process and no file is left behind.");
            return Interrupted;
        }
        catch (PortTakenException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
    }

    private static async Task<int> RunAsync(INarrator narrator, LocalOptions options, CancellationToken stop)
    {
        narrator.Chapter(
            "A whole Holdfast on this machine",
            "Three Raft voters and a directory in this process; three clusters (east, west, north) of two processes " +
            "each, gossiping over UDP. Processes of east own 1,000 grains. Below, » is an event as a subscriber on " +
            "the bus received it, ✓ a proof that held.");
        if (options.Break != Sabotage.None) narrator.Step($"broken on purpose: {options.Break}");
        try
        {
            await using var system = await LocalSystem.StartAsync(options, narrator.Step, stop);
            await using var run = new DemoRun(system, narrator);
            narrator.Succeeded(await run.RunAsync(stop));
            return 0;
        }
        catch (ProofFailedException e)
        {
            narrator.Failed(e.Proof, e.Detail);
        }
        catch (Exception e) when (e is ChildFailedException or NotInTimeException)
        {
            narrator.Failed(Proof.Started, e.Message);
        }

        return 1;
    }
}
