using System.CommandLine;
using Holdfast.Cli.Output;
using Holdfast.Directory;

namespace Holdfast.Cli;

/// <summary>One run of the tool, from its arguments to its exit code.</summary>
internal static class Tool
{
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, Surroundings around)
    {
        var tool = new CommandLine(around);
        var parsed = tool.Root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        var isJson = tool.IsJson(parsed);
        if (parsed.Errors.Count > 0)
        {
            var words = string.Join(Environment.NewLine, parsed.Errors.Select(error => error.Message).Distinct());
            var command = string.Join(' ', tool.PathOf(parsed));
            Say(around, isJson, ToolFailureException.Usage($"{words}{Environment.NewLine}Legal is: {command} --help"));
            return (int)ExitCode.Usage;
        }

        try
        {
            var process = new InvocationConfiguration
            {
                Output = around.Out,
                Error = around.Error,
                EnableDefaultExceptionHandler = false,
            };
            return await parsed.InvokeAsync(process, around.Stop);
        }
        catch (ToolFailureException failure)
        {
            Say(around, isJson, failure);
            return (int)failure.Exit;
        }
        catch (DirectoryUnavailableException away)
        {
            Say(around, isJson, ToolFailureException.Unreachable($"The directory does not answer: {away.Message}"));
            return (int)ExitCode.Unreachable;
        }
        catch (OperationCanceledException)
        {
            Say(around, isJson, ToolFailureException.Interrupted(
                "Interrupted; what was asked for may have been carried out, or in part."));
            return (int)ExitCode.Interrupted;
        }
    }

    private static void Say(Surroundings around, bool isJson, ToolFailureException failure)
    {
        if (isJson)
            JsonOutput.Write(around.Error, new ErrorDocument(new ErrorWords(failure.Code, failure.Message)));
        else
            around.Error.WriteLine(string.Join(Environment.NewLine, failure.Message.Split('\n').Select(Screen.Clean)));
    }

    /// <summary>With <c>--json</c>, what goes to standard error.</summary>
    private sealed record ErrorDocument(ErrorWords Error);

    private sealed record ErrorWords(string Code, string Message);
}
