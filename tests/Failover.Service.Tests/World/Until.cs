using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;

namespace Holdfast.Failover.Service.Tests.World;

/// <summary>Waits for what a service says of itself, by asking it, and says what was missing.</summary>
internal static class Until
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static Task IsReadyAsync(HttpClient failover) =>
        HoldsAsync(failover, "/readyz", answer => answer.GetProperty("ready").GetBoolean(), "readiness");

    /// <summary>Asks again as fast as the service answers.</summary>
    public static async Task HoldsAsync(HttpClient failover, string path, Func<JsonElement, bool> wanted, string what)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            using var response = await failover.GetAsync(path, TestContext.Current.CancellationToken);
            var answer = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
            if (wanted(answer)) return;
            if (Stopwatch.GetElapsedTime(started) > Patience)
                throw new TimeoutException($"No {what} within {Patience}; {path} says {answer}");
        }
    }

    public static Task PhaseAsync(HttpClient failover, string cluster, string phase) => HoldsAsync(
        failover,
        "/v1/clusters",
        answer => answer.GetProperty("clusters").EnumerateArray().Any(one =>
            one.GetProperty("cluster").GetString() == cluster && one.GetProperty("phase").GetString() == phase),
        $"phase {phase} of {cluster}");
}
