using System.Text.Json.Serialization;
using System.Threading.RateLimiting;
using Holdfast.Contracts.Http;
using Holdfast.Primitives;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Holdfast.Hosting;

/// <summary>What every service's host has: configuration, telemetry, health, problem answers, bounds, token.</summary>
public static class HoldfastDefaults
{
    /// <summary>
    /// Adds the sections <c>Node</c>, <c>Auth</c> and <c>Http</c>, telemetry, the clock, JSON rules and bounds. Goes
    /// with <see cref="MapHoldfastDefaults"/>.
    /// </summary>
    /// <param name="builder">The host.</param>
    /// <param name="service">The service's name, such as <c>gossip</c>.</param>
    /// <param name="telemetry">
    /// False where another host of the same process has it already: sources and meters belong to the process.
    /// </param>
    public static void AddHoldfastDefaults(this WebApplicationBuilder builder, string service, bool telemetry = true)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        services.AddSingleton(new ServiceName(service));

        // Six lines for every request would bury what services say; requests are counted and traced instead.
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        ExplainedFailures.AddTo(services);
        services.TryAddSingleton<IMonotonicClock>(BootClock.Instance);
        services.TryAddSingleton(TimeProvider.System);
        var node = builder.AddHoldfastOptions<NodeOptions>(NodeOptions.Section);
        builder.AddAccess();
        if (telemetry) builder.AddTelemetry(service, node);
        builder.AddHttpBounds(builder.AddHoldfastOptions<HttpOptions>(HttpOptions.Section));

        // A request with a field nobody reads is a mistake of its sender, and is told so; answers may grow.
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
            json.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        });
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
    }

    /// <summary>
    /// Checks the configuration of all sections added, then sets up the request pipeline. Call it before any
    /// endpoint is mapped.
    /// </summary>
    /// <exception cref="WrongConfigurationException">There is a problem in any section.</exception>
    public static void MapHoldfastDefaults(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.Services.GetRequiredService<HoldfastConfiguration>().Validate();
        app.UseRequestSpans();
        app.UseProblems();
        app.UseRateLimiter();
        var access = app.Services.GetRequiredService<AccessRules>();
        app.Use((context, next) => access.Judge(context) switch
        {
            AccessVerdict.Allowed => next(context),
            AccessVerdict.NotOperator => RefuseOthersAsync(context, "operators", "Auth:OperatorTokenFile"),
            AccessVerdict.NotService => RefuseOthersAsync(
                context, "operators and Holdfast's services", "Auth:ServiceTokenFile or Auth:OperatorTokenFile"),
            _ => RefuseAsync(context, access.Certificates.AreAskedFor),
        });
        app.MapHealth(app.Services.GetRequiredService<ServiceName>().Value);
    }

    private static void AddAccess(this WebApplicationBuilder builder)
    {
        var access = default(AccessRules)!;
        builder.AddHoldfastOptions<AuthOptions>(AuthOptions.Section, auth =>
        {
            var problems = new List<string>();
            access = AccessRules.Load(auth, problems);
            return problems;
        });
        builder.Services.AddSingleton(_ => access);
        builder.Services.AddOptions<KestrelServerOptions>().Configure<ILogger<AccessRules>>((kestrel, logger) =>
        {
            if (access?.Certificates is { AreAskedFor: true } certificates)
                kestrel.ConfigureHttpsDefaults(https => certificates.Apply(https, logger));
        });
    }

    private static Task RefuseAsync(HttpContext context, bool takesCertificates)
    {
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return Problem.Answer(
            StatusCodes.Status401Unauthorized,
            ProblemCodes.Unauthorized,
            $"{(HttpMethods.IsGet(context.Request.Method) ? "This" : "A change")} needs the header " +
            "'Authorization: Bearer <token>' with a token of Auth:TokenFile" +
            (takesCertificates ? ", or over https a certificate of Auth:ClientAuthorityFile." : "."))
            .ExecuteAsync(context);
    }

    private static Task RefuseOthersAsync(HttpContext context, string wanted, string files) => Problem.Answer(
        StatusCodes.Status403Forbidden,
        ProblemCodes.OperatorOnly,
        $"{context.Request.Path} is for {wanted}; wanted is a token of {files}, or a certificate of " +
        "Auth:OperatorAuthorityFile.")
        .ExecuteAsync(context);

    private static void AddHttpBounds(this WebApplicationBuilder builder, HttpOptions options)
    {
        builder.Services.Configure<KestrelServerOptions>(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.BodyBytesMax;
        });
        builder.Services.AddRateLimiter(limits =>
        {
            limits.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            limits.OnRejected = (rejected, _) => new ValueTask(Problem.Answer(
                StatusCodes.Status429TooManyRequests,
                ProblemCodes.RateLimited,
                $"At most {options.RequestsPerSecondMax} requests a second are taken from one address.")
                .ExecuteAsync(rejected.HttpContext));
            limits.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(
                context => RateLimitPartition.GetTokenBucketLimiter(
                    context.Connection.RemoteIpAddress?.ToString() ?? "local", _ => BucketOf(options)));
        });
    }

    private static TokenBucketRateLimiterOptions BucketOf(HttpOptions options) => new()
    {
        TokenLimit = 2 * options.RequestsPerSecondMax,
        TokensPerPeriod = Math.Max(1, options.RequestsPerSecondMax / 10),
        ReplenishmentPeriod = TimeSpan.FromMilliseconds(100),
        QueueLimit = 0,
        AutoReplenishment = true,
    };

    private sealed record ServiceName(string Value);
}
