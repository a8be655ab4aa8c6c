using Spectre.Console;

namespace Holdfast.Standalone.Demo;

/// <summary>The console as it is: coloured on a terminal, plain and unbroken lines in a file or a pipe.</summary>
internal static class Consoles
{
    private const int WidthOfFiles = 160;

    public static IAnsiConsole Open()
    {
        var plain = Console.IsOutputRedirected || Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 };
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = plain ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = plain ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
        });
        if (Console.IsOutputRedirected) console.Profile.Width = WidthOfFiles;
        return console;
    }
}
