namespace Holdfast.Cli.Output;

/// <summary>Asks a person before something that cannot be taken back.</summary>
internal static class Confirmation
{
    /// <param name="around">Where to ask.</param>
    /// <param name="isYes"><c>--yes</c> was given.</param>
    /// <param name="what">What would happen, in sentences.</param>
    /// <exception cref="ToolFailureException">The person said no, or there is none.</exception>
    public static void Demand(Surroundings around, bool isYes, string what)
    {
        if (isYes) return;
        if (!around.IsInTerminal || !around.IsErrorTerminal)
            throw No($"{what} Nobody is there to be asked: give --yes to go on. Nothing was changed.");
        around.Error.Write($"{Screen.Clean(what)} Go on? [y/N] ");
        around.Error.Flush();
        if (around.In.ReadLine()?.Trim().ToUpperInvariant() is not ("Y" or "YES")) throw No("Nothing was changed.");
    }

    private static ToolFailureException No(string words) => new(ExitCode.NotConfirmed, "notConfirmed", words);
}
