using System.CommandLine;
using System.CommandLine.Parsing;
using Holdfast.Cli.Completion;
using Holdfast.Cli.Explain;
using Holdfast.Cli.Failover;
using Holdfast.Cli.Grains;
using Holdfast.Cli.Records;
using Holdfast.Cli.Status;
using Holdfast.Contracts.Http;
using Holdfast.Directory.Export;
using Holdfast.Primitives;

namespace Holdfast.Cli;

/// <summary>One method for each command.</summary>
internal sealed partial class CommandLine
{
    private const int ListedMax = 1_000_000;
    private const int BatchMax = 500;

    private Command Status()
    {
        var all = new Option<bool>("--all") { Description = "Shows what is well too, however much it is." };
        var check = new Option<bool>("--check") { Description = "Exit code 4 when something needs a look." };
        return Make(
            new Command("status", "What a person in an incident needs, on one screen.") { all, check },
            (parsed, run, cancel) => StatusCommand.RunAsync(run, parsed.GetValue(all), parsed.GetValue(check), cancel));
    }

    private Command Explain()
    {
        var grain = GrainArgument();
        return Make(
            new Command("explain", "Who owns a grain, whether the owner lives, how it came, and what would happen now.")
            {
                grain,
            },
            (parsed, run, cancel) => ExplainCommand.RunAsync(run, parsed.GetValue(grain), cancel));
    }

    private Command Grains()
    {
        var cluster = OptionalCluster("A cluster: its grains are listed. Without it, how many each cluster owns.");
        var type = TypeOption("Only grains of this type.");
        var limit = Number("--limit", "count", "How many are listed at most; 100 if not said.", 1, ListedMax);
        return Make(
            new Command("grains", "How many grains each cluster owns, or what one of them owns.")
            {
                cluster, type, limit,
            },
            (parsed, run, cancel) => parsed.GetValue(cluster) is { } owner
                ? GrainsCommand.ListAsync(
                    run, new ClusterId(owner), parsed.GetValue(type), parsed.GetValue(limit) ?? 100, cancel)
                : GrainsCommand.CountAsync(run, cancel));
    }

    private Command Plan()
    {
        var from = ClusterOption("--from", "Plans as if this cluster were unreachable now.", isRequired: false);
        return Make(
            new Command("plan", "What Failover would do, changing nothing.") { from },
            (parsed, run, cancel) => PlanCommand.RunAsync(run, parsed.GetValue(from), cancel));
    }

    private Command Pause()
    {
        var cluster = OptionalCluster("The cluster whose grains stay where they are; without it, every cluster.");
        var reason = new Option<string>("--reason") { Description = "Why, for people.", HelpName = "text" };
        return Make(
            new Command("pause", "Pauses automatic failover.") { cluster, reason },
            (parsed, run, cancel) =>
                PauseCommands.PauseAsync(run, parsed.GetValue(cluster), parsed.GetValue(reason), cancel));
    }

    private Command Resume()
    {
        var cluster = OptionalCluster("The cluster of the pause; without it, the pause of every cluster.");
        return Make(
            new Command("resume", "Ends a pause.") { cluster },
            (parsed, run, cancel) => PauseCommands.ResumeAsync(run, parsed.GetValue(cluster), cancel));
    }

    private Command Transfer()
    {
        var from = ClusterOption("--from", "The cluster that gives.", isRequired: true);
        var to = ClusterOption("--to", "The cluster that receives; must live.", isRequired: true);
        var type = TypeOption("Only grains of this type.");
        var max = Number("--max", "count", "At most this many grains; all if not said.", 1, int.MaxValue);
        var batch = Number("--batch", "count", "How many are asked for at a time.", 1, BatchMax);
        var noWait = NoWait();
        return Make(
            new Command("transfer", "Asks the owners in a cluster to give grains to another.")
            {
                from, to, type, max, batch, noWait,
            },
            (parsed, run, cancel) => TransferCommand.RunAsync(
                run,
                new GrainTransferRequest(
                    parsed.GetValue(from)!,
                    parsed.GetValue(to)!,
                    parsed.GetValue(type),
                    parsed.GetValue(max),
                    parsed.GetValue(batch)),
                !parsed.GetValue(noWait),
                cancel));
    }

    private Command Force()
    {
        var from = ClusterOption("--from", "The unreachable cluster.", isRequired: true);
        var to = ClusterOption("--to", "The cluster that takes over.", isRequired: true);
        var reason = new Option<string>("--reason")
        {
            Description = "Why; told in the audit event.",
            HelpName = "text",
            Required = true,
        };
        var by = new Option<string>("--operator")
        {
            Description = "Who asks; told in the audit event. USER of the environment if not said.",
            HelpName = "name",
        };
        var (yes, noWait) = (Yes(), NoWait());
        return Make(
            new Command("force", "Promotes away from an unreachable cluster now, by hand.")
            {
                from, to, reason, by, yes, noWait,
            },
            (parsed, run, cancel) => ForceCommand.RunAsync(
                run,
                new ForceWish(
                    parsed.GetValue(from)!,
                    parsed.GetValue(to)!,
                    parsed.GetValue(reason)!,
                    parsed.GetValue(by) ?? _around.Variable("USER"),
                    parsed.GetValue(yes),
                    !parsed.GetValue(noWait)),
                cancel));
    }

    private Command Directory()
    {
        var file = new Argument<string>("file") { Description = "The file." };
        file.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: "" }]) result.AddError("The file has no name; a path is wanted.");
        });
        var origin = new Option<string>("--origin")
        {
            Description = "The name of the installation; the group of the voters if not said.",
            HelpName = "name",
        };
        origin.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var name }] && DirectoryExport.OriginProblem(name) is { } problem)
                result.AddError($"--origin: {problem}");
        });
        var overwrite = new Option<bool>("--overwrite") { Description = "Replaces a file that is there." };
        var yes = Yes();
        return new Command("directory", "Writes all records of the grain directory to a file, or brings them back.")
        {
            Make(
                new Command("export", "Writes all records to a file.") { file, origin, overwrite },
                (parsed, run, cancel) => ExportCommand.RunAsync(
                    run, parsed.GetValue(file)!, parsed.GetValue(origin), parsed.GetValue(overwrite), cancel)),
            Make(
                new Command("import", "Brings the records of a file back, where the reassert window is open.")
                {
                    file, origin, yes,
                },
                (parsed, run, cancel) => ImportCommand.RunAsync(
                    run, parsed.GetValue(file)!, parsed.GetValue(origin), parsed.GetValue(yes), cancel)),
        };
    }

    private Command Completion()
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong([.. CompletionScripts.Shells]);
        var command = new Command("completion", "Prints what a shell reads to complete a line.") { shell };
        command.SetAction(parsed => _around.Out.WriteLine(CompletionScripts.Of(parsed.GetValue(shell)!)));
        return command;
    }

    private static Argument<GrainId> GrainArgument() => new("grain")
    {
        Description = "A grain, as type/key.",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            var slash = text.IndexOf('/', StringComparison.Ordinal);
            if (slash <= 0) result.AddError($"'{text}' is not a grain: type/key is wanted.");
            else if (GrainId.Problem(text[..slash], text[(slash + 1)..]) is { } problem) result.AddError(problem);
            return GrainId.TryParse(text, out var grain) ? grain : default;
        },
    };

    private static Argument<string?> OptionalCluster(string description) => new("cluster")
    {
        Description = description,
        Arity = ArgumentArity.ZeroOrOne,
        CustomParser = result => Cluster(result),
    };

    private static Option<string> ClusterOption(string name, string description, bool isRequired) => new(name)
    {
        Description = description,
        HelpName = "cluster",
        Required = isRequired,
        CustomParser = result => Cluster(result),
    };

    private static string? Cluster(ArgumentResult result)
    {
        if (result.Tokens.Count == 0) return null;
        var text = result.Tokens[0].Value;
        if (ClusterId.IsLegal(text)) return text;
        result.AddError($"'{text}' is not a cluster id: 1 to 128 characters of A-Z a-z 0-9 . _ - are wanted.");
        return null;
    }

    private static Option<string> TypeOption(string description) => new("--type")
    {
        Description = description,
        HelpName = "type",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (GrainId.Problem(text, "any") is not { } problem) return text;
            result.AddError(problem);
            return null;
        },
    };

    private static Option<int?> Number(string name, string value, string description, int min, int max)
    {
        var option = new Option<int?>(name) { Description = description, HelpName = value };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is { } number && (number < min || number > max))
                result.AddError($"{name} is {number}; {min} to {max} is wanted.");
        });
        return option;
    }

    private static Option<bool> Yes() => new("--yes") { Description = "Goes on without asking." };

    private static Option<bool> NoWait() => new("--no-wait") { Description = "Does not wait for the end of it." };
}
