using Holdfast.Directory;
using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>
/// Calls to the directory under a session's token. Where a newer one is wanted (<c>tokenTooLow</c>, <c>belowFloor</c>)
/// the session advances, and what wanted it is called again.
/// </summary>
internal static class TokenedCalls
{
    /// <summary>
    /// How often one call advances the session. An advanced token is above all that were minted before, so once is
    /// enough unless others advance in the same moment.
    /// </summary>
    private const int AdvancesMax = 3;

    /// <summary>Calls, and answers for each grain once, in the order given.</summary>
    /// <param name="session">Whose token it is.</param>
    /// <param name="batch">What to call with.</param>
    /// <param name="grainOf">The grain of each.</param>
    /// <param name="call">One call.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<IReadOnlyList<GrainAnswer>> CallAsync<T>(
        this HoldfastSession session,
        IReadOnlyCollection<T> batch,
        Func<T, GrainId> grainOf,
        Func<IReadOnlyList<T>, Token, Task<IReadOnlyList<GrainAnswer>>> call,
        CancellationToken cancel)
    {
        var results = new Dictionary<GrainId, GrainAnswer>();
        IReadOnlyList<T> asked = [.. batch];
        for (var advances = 0; ; advances++)
        {
            var used = session.Token;
            foreach (var answer in await call(asked, used)) results[answer.Grain] = answer;
            asked = [.. asked.Where(one => IsWanting(results[grainOf(one)]))];
            if (asked.Count == 0 || advances == AdvancesMax) break;
            await session.AdvanceBeyondAsync(used, cancel);
        }

        return [.. batch.Select(one => results[grainOf(one)])];
    }

    private static bool IsWanting(GrainAnswer answer) =>
        answer.Status is DirectoryStatus.TokenTooLow or DirectoryStatus.BelowFloor;
}
