using System.CommandLine;
using System.CommandLine.Parsing;
using Holdfast.Cli.Settings;

namespace Holdfast.Cli;

/// <summary>The commands, their options, and the settings that all of them share.</summary>
internal sealed partial class CommandLine
{
    private readonly Surroundings _around;
    private readonly Dictionary<SettingKey, Option<string[]>> _settings = [];

    private readonly Option<bool> _json = new("--json")
    {
        Description = "One JSON document on standard output, in the shapes of docs/cli.md; errors as JSON too.",
        Recursive = true,
    };

    private readonly Option<string> _config = new("--config")
    {
        Description = $"A file with settings; {SettingsReader.FileVariable}, else ~/.config/holdfast/config.json.",
        HelpName = "file",
        Recursive = true,
    };

    public CommandLine(Surroundings around)
    {
        _around = around;
        Root = new RootCommand(
            "Shows and steers a Holdfast: who decides, who lives, who owns what, and what moves.")
        {
            _json, _config, Status(), Grains(), Explain(), Plan(), Pause(), Resume(), Transfer(), Force(), Directory(),
            Completion(),
        };
        foreach (var key in SettingKey.All)
        {
            var option = new Option<string[]>(key.OptionName)
            {
                Description = $"{key.Help} Else {key.VariableName}.",
                HelpName = key.Value,
                Recursive = true,
                Arity = ArgumentArity.OneOrMore,
            };
            _settings.Add(key, option);
            Root.Options.Add(option);
        }
    }

    public RootCommand Root { get; }

    public bool IsJson(ParseResult parsed) => parsed.GetValue(_json);

    /// <summary>The command as it was typed, such as <c>holdfast directory export</c>.</summary>
    public IEnumerable<string> PathOf(ParseResult parsed)
    {
        var path = new Stack<string>();
        for (var at = parsed.CommandResult; at is not null; at = at.Parent as CommandResult)
            path.Push(at.Command == Root ? "holdfast" : at.Command.Name);
        return path;
    }

    private Command Make(Command command, Func<ParseResult, ToolRun, CancellationToken, Task<ExitCode>> act)
    {
        command.SetAction(async (parsed, cancel) =>
        {
            var settings = SettingsReader.Read(
                key => parsed.GetResult(_settings[key]) is { Implicit: false } ? parsed.GetValue(_settings[key]) : null,
                _around.Variable,
                parsed.GetValue(_config));
            await using var run = new ToolRun(_around, settings, IsJson(parsed));
            return (int)await act(parsed, run, cancel);
        });
        return command;
    }
}
