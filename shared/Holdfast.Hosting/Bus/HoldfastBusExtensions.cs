using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Holdfast.Hosting;

/// <summary>Gives a host its bus.</summary>
public static class HoldfastBusExtensions
{
    /// <summary>
    /// Adds <see cref="IEventPublisher"/>, <see cref="IEventSubscriber"/>, <see cref="ICommandBus"/>, the readiness
    /// check <c>bus</c> and the <see cref="StateEventOutbox"/>. Where an <see cref="IEventPublisher"/> is registered
    /// already, the bus is somebody else's and only the outbox is added.
    /// </summary>
    public static void AddHoldfastBus(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = builder.AddHoldfastOptions<BusOptions>(BusOptions.Section, BusOptions.Relations);
        var services = builder.Services;
        if (services.All(service => service.ServiceType != typeof(IEventPublisher)))
        {
            // The broker's client tells of every attempt to connect; /readyz and the outbox's log say it better.
            builder.Logging.AddFilter("MassTransit", LogLevel.Error);
            services.AddSingleton(provider => EventBus.Open(options, provider.GetRequiredService<ILoggerFactory>()));
            services.AddSingleton<IEventPublisher>(provider => provider.GetRequiredService<EventBus>());
            services.AddSingleton<IEventSubscriber>(provider => provider.GetRequiredService<EventBus>());
            services.AddSingleton<ICommandBus>(provider => provider.GetRequiredService<EventBus>());
            services.AddSingleton<IReadinessCheck>(provider => provider.GetRequiredService<EventBus>());
            services.AddHostedService<BusStart>();
            services.AddHostedService<BusCredentials>();
        }

        services.AddSingleton<StateEventOutbox>();
        services.AddHostedService(provider => provider.GetRequiredService<StateEventOutbox>());
    }

    /// <summary>Registers a bus that others own and dispose; call it before <c>AddHoldfastBus()</c>.</summary>
    public static void AddHoldfastBus(this IServiceCollection services, EventBus shared)
    {
        // Instances, not factories: a container disposes what its factories made.
        services.AddSingleton<IEventPublisher>(shared);
        services.AddSingleton<IEventSubscriber>(shared);
        services.AddSingleton<ICommandBus>(shared);
        services.AddSingleton<IReadinessCheck>(shared);
    }

    // Opens the bus with the host, so that readiness is honest before anybody publishes.
    private sealed class BusStart(EventBus bus) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            ArgumentNullException.ThrowIfNull(bus);
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => bus.DisposeAsync().AsTask();
    }
}
