using Holdfast.Client.Handoff;
using Holdfast.Directory;
using Holdfast.Primitives;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Holdfast.Client.AspNetCore;

/// <summary>How a Kestrel application becomes a daemon that can be handed to another build.</summary>
public static class HandoffRegistration
{
    /// <summary>
    /// Makes the application a daemon, by the configuration section <c>HandoffDaemon</c>. Its data is the registered
    /// <see cref="IDaemonData"/>. Its fence is the registered <see cref="IDaemonFence"/>, or the supervisor's epoch
    /// file, with the grain of <c>HandoffDaemon:Grain</c> for when the supervisor is away, or a file of its own. The
    /// grain is reached through the registered <see cref="IGrainDirectory"/> and <see cref="ConsensusClient"/>, else
    /// through those of the sections <c>Directory</c> and <c>ConsensusClient</c>. Under a supervisor it
    /// listens on what it inherits and nowhere else; without one it listens as any application does, and is handed to
    /// nobody.
    /// </summary>
    /// <exception cref="DaemonConfigurationException">The section is wrong; every problem is named.</exception>
    /// <exception cref="HandoffEnvironmentException">What the supervisor left in the environment cannot be.</exception>
    public static WebApplicationBuilder AddHandoff(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var section = builder.Configuration.GetSection(HandoffDaemonOptions.Section);
        var options = section.Get<KestrelDaemonOptions>() ?? new();
        var environment = HandoffEnvironment.Take();

        // What the supervisor says goes before the configuration: both would be wrong together otherwise.
        options = options with
        {
            ControlPath = environment.ControlPath ?? options.ControlPath,
            DataDirectory = environment.DataDirectory ?? options.DataDirectory,
        };
        if (options.Problems().ToArray() is { Length: > 0 } problems)
            throw new DaemonConfigurationException(string.Join(" ", problems));
        return builder.AddHandoff(options, environment);
    }

    /// <summary>The same, with options and environment given.</summary>
    public static WebApplicationBuilder AddHandoff(
        this WebApplicationBuilder builder, KestrelDaemonOptions options, HandoffEnvironment environment)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(environment);
        var isAlone = environment.Listeners.Count == 0;
        if (isAlone) options = options with { ControlPath = null };
        var services = builder.Services;
        services.AddSingleton(options);
        services.AddSingleton(environment);
        services.AddSingleton(provider => new KestrelConnections(options, provider.GetService<HealthCheckService>()));
        services.AddSingleton(CreateDaemon);
        if (options.Grain is not null) builder.AddGrainAccess();
        services.AddSingleton<IConnectionListenerFactory, InheritedTransport>();
        services.AddSingleton<IStartupFilter, RequestFollower>();

        // Before all others, so that they find the data open, and stopped after them.
        services.Insert(0, ServiceDescriptor.Singleton<IHostedService, HandoffHost>());
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, environment));
        return builder;
    }

    /// <summary>The way to the daemon's grain, for what the program did not register itself.</summary>
    private static void AddGrainAccess(this WebApplicationBuilder builder)
    {
        builder.AddGrainDirectory();
        if (builder.Services.Any(service => service.ServiceType == typeof(ConsensusClient))) return;
        var consensus = builder.Configuration.GetSection(ConsensusClientOptions.Section).Get<ConsensusClientOptions>()
            ?? new();
        if (consensus.Problems().ToArray() is { Length: > 0 } problems)
            throw new DaemonConfigurationException(string.Join(" ", problems));
        builder.Services.AddSingleton(_ => new ConsensusClient(consensus));
    }

    private static void Listen(KestrelServerOptions kestrel, HandoffEnvironment environment)
    {
        var connections = kestrel.ApplicationServices.GetRequiredService<KestrelConnections>();
        foreach (var listener in environment.Listeners)
        {
            kestrel.Listen(
                new InheritedEndPoint(listener),
                listen => listen.Use(next => connection => connections.ServeAsync(connection, next)));
        }
    }

    private static HandoffDaemon CreateDaemon(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<KestrelDaemonOptions>();
        var logger = provider.GetRequiredService<ILogger<HandoffDaemon>>();
        if (provider.GetRequiredService<HandoffEnvironment>().Listeners.Count == 0) Log.ServesAlone(logger);
        return new HandoffDaemon(
            options,
            provider.GetRequiredService<HandoffEnvironment>(),
            provider.GetRequiredService<IDaemonData>(),
            provider.GetRequiredService<KestrelConnections>(),
            provider.GetService<IDaemonFence>() ?? CreateFence(options, provider),
            logger);
    }

    private static IDaemonFence CreateFence(KestrelDaemonOptions options, IServiceProvider provider)
    {
        var grain = CreateGrainFence(options, provider);
        return provider.GetRequiredService<HandoffEnvironment>().EpochFile is { } epochFile
            ? new SupervisedDaemonFence(epochFile, grain)
            : grain ?? (IDaemonFence)new FileDaemonFence(Path.Combine(options.DataDirectory, "fence"));
    }

    private static DirectoryDaemonFence? CreateGrainFence(KestrelDaemonOptions options, IServiceProvider provider)
    {
        if (options is not { Grain: { } key, Cluster: { } name }) return null;
        var cluster = new ClusterId(name);
        var consensus = provider.GetRequiredService<ConsensusClient>();
        var session = new HoldfastSessionOptions { Cluster = cluster, Name = $"daemon {key}" };
        return new DirectoryDaemonFence(
            provider.GetRequiredService<IGrainDirectory>(),
            new GrainId(DirectoryDaemonFence.GrainType, key),
            cluster,
            cancel => HoldfastSession.OpenAsync(consensus, session, cancel));
    }

    /// <summary>Puts the following of requests before everything else.</summary>
    private sealed class RequestFollower(KestrelConnections connections) : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use(inner => (HttpContext context) => connections.ServeAsync(context, inner));
            next(app);
        };
    }
}
