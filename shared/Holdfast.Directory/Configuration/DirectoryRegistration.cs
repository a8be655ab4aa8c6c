using Holdfast.Directory.Configuration;
using Holdfast.Directory.Embedded;
using Holdfast.Directory.Http;
using Holdfast.Directory.Redis;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Holdfast.Directory;

/// <summary>How a program takes part in the directory.</summary>
public static class DirectoryRegistration
{
    /// <inheritdoc cref="AddGrainDirectory(IServiceCollection, DirectoryDuty?)"/>
    public static WebApplicationBuilder AddGrainDirectory(
        this WebApplicationBuilder builder, DirectoryDuty? duty = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddGrainDirectory(duty);
        return builder;
    }

    /// <summary>
    /// Registers <see cref="IGrainDirectory"/> by the configuration section <c>Directory</c>, unless one is registered
    /// already, and <see cref="DirectoryReadiness"/>, which watches it. A host that bound
    /// <see cref="DirectoryOptions"/> itself keeps its own.
    /// </summary>
    /// <param name="services">The host's.</param>
    /// <param name="duty">What the program does beside what every program does; null: nothing.</param>
    public static IServiceCollection AddGrainDirectory(this IServiceCollection services, DirectoryDuty? duty = null)
    {
        if (duty is not null) services.AddSingleton(duty);
        services.AddOptions<DirectoryOptions>()
            .BindConfiguration(DirectoryOptions.Section)
            .ValidateDataAnnotations()
            .ValidateOnStart();
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<DirectoryOptions>, DirectoryOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IGrainDirectory>(Create);
        services.TryAddSingleton<DirectoryReadiness>();
        services.AddHostedService(provider => provider.GetRequiredService<DirectoryReadiness>());
        return services;
    }

    private static ShardedGrainDirectory Create(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<IOptions<DirectoryOptions>>().Value;
        var time = provider.GetRequiredService<TimeProvider>();
        return options.Backend switch
        {
            DirectoryBackend.Embedded => new EmbeddedGrainDirectory(options, time),
            DirectoryBackend.Http => new HttpGrainDirectory(options, time: time),
            _ => new RedisGrainDirectory(
                options, provider.GetRequiredService<ILogger<RedisGrainDirectory>>(), time),
        };
    }
}
