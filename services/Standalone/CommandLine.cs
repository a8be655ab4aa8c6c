using System.CommandLine;
using Holdfast.Standalone.Demo;
using Holdfast.Standalone.Local;
using Holdfast.Standalone.Nodes;
using Holdfast.Standalone.Resource;
using Holdfast.Standalone.Serve;

namespace Holdfast.Standalone;

/// <summary>The commands of this program; those without words are for its own child processes.</summary>
internal static class CommandLine
{
    private const int PortMin = 1_024;
    private const int PortMax = 65_000;
    private const int GraceSecondsMax = 3_600;

    public static RootCommand Build() => new("All of Holdfast on one machine, with an embedded bus and directory.")
    {
        Demo(),
        Serve(),
        Child("node", NodeProcess.RunAsync),
        Child("writer", ReturnedWriter.RunAsync),
        ResourceChild(),
    };

    private static Command Demo()
    {
        var port = Port();
        var verbose = Verbose();
        var json = new Option<bool>("--json") { Description = "One JSON object a line; the last line is the result." };
        var sabotage = new Option<Sabotage>("--break")
        {
            Description = $"Breaks one part on purpose, to see its proof fail: {Parts("or")}.",
            HelpName = "part",
            CustomParser = result =>
            {
                if (Enum.TryParse<Sabotage>(result.Tokens[0].Value, ignoreCase: true, out var part) &&
                    part != Sabotage.None && !char.IsAsciiDigit(result.Tokens[0].Value[0]))
                {
                    return part;
                }

                result.AddError($"'{result.Tokens[0].Value}' cannot be broken; legal are {Parts("and")}.");
                return Sabotage.None;
            },
        };
        var command = new Command(
            "demo", "Kills a cluster, and shows how all that it ran goes on elsewhere, in under a minute.")
        {
            json, sabotage, port, verbose,
        };
        command.SetAction(parsed => DemoCommand.RunAsync(
            parsed.GetValue(port), parsed.GetValue(json), parsed.GetValue(verbose), parsed.GetValue(sabotage)));
        return command;
    }

    private static Command Serve()
    {
        var port = Port();
        var verbose = Verbose();
        var grace = new Option<double>("--grace")
        {
            Description = "Seconds that a dead cluster has to come back before its grains are promoted.",
            HelpName = "seconds",
            DefaultValueFactory = _ => 30,
        };
        grace.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double>() is not (>= 0 and <= GraceSecondsMax))
                result.AddError($"--grace must be 0 to {GraceSecondsMax} seconds.");
        });
        var command = new Command("serve", "Runs it for programs of your own, until Ctrl-C.") { port, grace, verbose };
        command.SetAction(parsed => ServeCommand.RunAsync(
            parsed.GetValue(port), TimeSpan.FromSeconds(parsed.GetValue(grace)), parsed.GetValue(verbose)));
        return command;
    }

    private static Command Child(string name, Func<string, Task<int>> run)
    {
        var assignment = new Argument<string>("assignment");
        var command = new Command(name) { assignment };
        command.Hidden = true;
        command.SetAction(parsed => run(parsed.GetValue(assignment)!));
        return command;
    }

    private static Command ResourceChild()
    {
        var port = new Option<int>("--port") { Required = true };
        var tokenFile = new Option<string>("--token-file") { Required = true };
        var noGate = new Option<bool>("--no-gate");
        var command = new Command("resource") { port, tokenFile, noGate };
        command.Hidden = true;
        command.SetAction(parsed => ResourceProcess.RunAsync(
            parsed.GetValue(port), parsed.GetValue(tokenFile)!, gated: !parsed.GetValue(noGate)));
        return command;
    }

    private static string Parts(string conjunction)
    {
        var parts = Enum.GetNames<Sabotage>()
            .Where(part => part != nameof(Sabotage.None)).Select(part => part.ToLowerInvariant()).ToList();
        return $"{string.Join(", ", parts[..^1])} {conjunction} {parts[^1]}";
    }

    private static Option<int?> Port()
    {
        var port = new Option<int?>("--port")
        {
            Description = "The first of the ports to use, one after the other. Without it free ones are taken.",
            HelpName = "first",
        };
        port.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is < PortMin or > PortMax)
                result.AddError($"--port must be {PortMin} to {PortMax}.");
        });
        return port;
    }

    private static Option<bool> Verbose() => new("--verbose")
    {
        Description = "Shows on standard error what the child processes write.",
    };
}
