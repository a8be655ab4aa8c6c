namespace Holdfast.Directory.Tests.Redis;

/// <summary>Why a Redis does not serve as a directory.</summary>
internal static class Refusals
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Asks until it is refused for a reason: with a short deadline the first call may end before its first answer
    /// came. The last refusal where that does not happen.
    /// </summary>
    public static async Task<DirectoryUnavailableException> UntilAsync(DirectoryTrouble reason, Func<Task> ask)
    {
        using var giveUp = new CancellationTokenSource(Patience);
        while (true)
        {
            var refused = await Should.ThrowAsync<DirectoryUnavailableException>(ask);
            if (refused.Trouble == reason || giveUp.IsCancellationRequested) return refused;
        }
    }
}
