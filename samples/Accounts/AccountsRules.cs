namespace Holdfast.Accounts;

/// <summary>What the attributes of the options cannot say.</summary>
internal static class AccountsRules
{
    public static IEnumerable<string> Problems(AccountsOptions options)
    {
        if (options.LedgerTokenFile is { } file && Unreadable(file) is { } problem)
        {
            yield return $"Accounts:LedgerTokenFile is '{file}'; " +
                $"wanted is a file whose first line is a token. {problem}";
        }

        if (options.Group is { } group && group.PerNodeMax is { } most && (most < 1 || most > group.Slots))
        {
            yield return $"Accounts:Group:PerNodeMax is '{most}'; 1 to Accounts:Group:Slots ({group.Slots}) is wanted.";
        }
    }

    private static string? Unreadable(string file)
    {
        try
        {
            return File.ReadLines(file).FirstOrDefault() is { Length: > 0 } ? null : "It is empty.";
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return unreadable.Message;
        }
    }
}
