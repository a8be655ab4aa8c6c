using System.Net;
using Holdfast.Contracts.Http;
using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>A resource refused a write.</summary>
/// <param name="Grain">The grain it was for.</param>
/// <param name="Epoch">The epoch under which it came.</param>
/// <param name="Highest">The highest that the resource has seen; null where Consensus was the one who said no.</param>
/// <param name="Code">
/// <see cref="ProblemCodes.EpochStale"/>, <see cref="ProblemCodes.TokenOver"/> or
/// <see cref="ProblemCodes.TokenUnknown"/>.
/// </param>
public sealed record EpochRefusal(GrainId Grain, Epoch Epoch, Epoch? Highest, string Code);

/// <summary>A write was to go out for a grain that this process does not hold; nothing was sent.</summary>
public sealed class GrainNotHeldException(GrainId grain)
    : Exception($"The grain {grain} is not held here, so there is no epoch to write under.");

/// <summary>
/// Sends grain and epoch along with every request that was made with
/// <see cref="GrainRequests.ForGrain"/>, as <see cref="EpochHeaders"/>, and tells when the resource refuses it. The
/// answer goes on to the caller as it is; other requests go through untouched.
/// </summary>
/// <param name="epochOf">
/// Under which epoch this process holds a grain now; null: not. Usually
/// <c>grain => claims.TryGetEpoch(grain, out var epoch) ? epoch : null</c>.
/// </param>
/// <param name="refused">
/// Called before the caller gets the answer. Usually <c>refusal => claims.Forget(refusal.Grain, refusal.Epoch)</c>.
/// </param>
public sealed class GrainEpochHandler(Func<GrainId, Epoch?> epochOf, Action<EpochRefusal>? refused = null)
    : DelegatingHandler
{
    private const int ProblemBytesMax = 64 * 1024;

    /// <inheritdoc/>
    /// <exception cref="GrainNotHeldException">The grain of the request is not held.</exception>
    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!request.Options.TryGetValue(GrainRequests.Key, out var grain))
            return await base.SendAsync(request, cancellationToken);
        var epoch = epochOf(grain) ?? throw new GrainNotHeldException(grain);
        Set(request, EpochHeaders.Grain, EpochHeaders.Write(grain));
        Set(request, EpochHeaders.Epoch, epoch.ToString());
        var response = await base.SendAsync(request, cancellationToken);
        try
        {
            if (await RefusalAsync(response, grain, epoch, cancellationToken) is { } refusal) refused?.Invoke(refusal);
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    // A request that is sent again goes under the epoch of now.
    private static void Set(HttpRequestMessage request, string header, string value)
    {
        request.Headers.Remove(header);
        request.Headers.Add(header, value);
    }

    private static async Task<EpochRefusal?> RefusalAsync(
        HttpResponseMessage response, GrainId grain, Epoch epoch, CancellationToken cancel)
    {
        if (response.StatusCode is not (HttpStatusCode.PreconditionFailed or HttpStatusCode.Conflict)) return null;

        // Kept, so that the caller can read it too.
        await response.Content.LoadIntoBufferAsync(ProblemBytesMax, cancel);
        var problem = await ProblemAnswer.ReadAsync(response, cancel);
        return problem.Code is ProblemCodes.EpochStale or ProblemCodes.TokenOver or ProblemCodes.TokenUnknown
            ? new EpochRefusal(
                grain, epoch, Epoch.TryParse(problem.Highest, out var highest) ? highest : null, problem.Code)
            : null;
    }
}

/// <summary>Requests that write for a grain.</summary>
public static class GrainRequests
{
    internal static readonly HttpRequestOptionsKey<GrainId> Key = new("holdfast.grain");

    /// <summary>Marks a request for <see cref="GrainEpochHandler"/>; returns it.</summary>
    public static HttpRequestMessage ForGrain(this HttpRequestMessage request, GrainId grain)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Options.Set(Key, grain);
        return request;
    }
}
