using Holdfast.Client.Handoff;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Holdfast.Counter;

/// <summary>The counter as part of a host; goes with <c>AddHandoff</c>.</summary>
internal static class CounterService
{
    public static void AddCounter(this WebApplicationBuilder builder)
    {
        var options = builder.Configuration.GetSection(CounterOptions.Section).Get<CounterOptions>() ?? new();
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton<CounterData>();
        builder.Services.AddSingleton<IDaemonData>(provider => provider.GetRequiredService<CounterData>());
        builder.Services.AddHealthChecks().AddCheck<CounterHealth>("counter");
    }

    public static void MapCounter(this WebApplication app)
    {
        app.MapGet("/livez", () => Results.Ok(new { status = "live" }));
        app.MapHealthChecks("/readyz");
        app.MapGet("/v1/counter", (CounterData data, HandoffDaemon daemon) => data.Current is { } entry
            ? Results.Ok(Shown(entry, daemon))
            : Closed());
        app.MapPost("/v1/counter", async (AddRequest request, CounterData data, HandoffDaemon daemon) =>
        {
            try
            {
                return Results.Ok(Shown(await data.AddAsync(request.Add), daemon));
            }
            catch (CounterClosedException)
            {
                return Closed();
            }
            catch (CounterFencedException e)
            {
                return Results.Problem(e.Message, statusCode: StatusCodes.Status409Conflict);
            }
        });
    }

    private static CounterAnswer Shown(CounterEntry entry, HandoffDaemon daemon) => new(
        entry.Value, entry.Revision, entry.Epoch.ToString(), daemon.Build.ToString(), Environment.ProcessId);

    private static IResult Closed() => Results.Problem(
        "This process does not hold the counter now; another one does or will.",
        statusCode: StatusCodes.Status503ServiceUnavailable);

    private sealed class CounterHealth(CounterData data, CounterOptions options) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(
            HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(options.Unhealthy ? HealthCheckResult.Unhealthy("by Counter:Unhealthy")
                : data.IsOpen ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy("the data is not open"));
    }
}

/// <summary>A change.</summary>
/// <param name="Add">How much; may be negative.</param>
internal sealed record AddRequest(long Add);

/// <summary>The counter, and who answers.</summary>
/// <param name="Value">The counter.</param>
/// <param name="Revision">How often it was changed.</param>
/// <param name="Epoch">The epoch of the last change.</param>
/// <param name="Build">The build of the process that answers.</param>
/// <param name="Pid">That process.</param>
internal sealed record CounterAnswer(long Value, ulong Revision, string Epoch, string Build, int Pid);
