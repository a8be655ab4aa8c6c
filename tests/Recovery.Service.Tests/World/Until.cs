using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;

namespace Holdfast.Recovery.Service.Tests.World;

/// <summary>Waits for what a service says of itself, by asking it, and says what was missing.</summary>
internal static class Until
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static Task IsReadyAsync(Uri service) =>
        HoldsAsync(service, "/readyz", answer => answer.GetProperty("ready").GetBoolean(), "readiness");

    /// <summary>So many slots of a group run.</summary>
    public static Task RunAsync(Uri recovery, string group, int slots) => HoldsAsync(
        recovery,
        "/v1/groups",
        answer => answer.GetProperty("groups").EnumerateArray().Any(one =>
            one.GetProperty("group").GetString() == group && one.GetProperty("running").GetInt32() == slots),
        $"{slots} running slots of {group}");

    /// <summary>Asks again as fast as the service answers.</summary>
    public static async Task HoldsAsync(Uri service, string path, Func<JsonElement, bool> wanted, string what)
    {
        using var http = new HttpClient { BaseAddress = service };
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            using var response = await http.GetAsync(path, TestContext.Current.CancellationToken);
            var answer = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
            if (response.StatusCode != System.Net.HttpStatusCode.TooManyRequests && wanted(answer)) return;
            if (Stopwatch.GetElapsedTime(started) > Patience)
                throw new TimeoutException($"No {what} within {Patience}; {path} says {answer}");
        }
    }
}
