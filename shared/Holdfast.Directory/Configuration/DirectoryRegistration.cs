using Holdfast.Directory.Configuration;
using Holdfast.Directory.Embedded;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Holdfast.Directory;

/// <summary>How a program takes part in the directory.</summary>
public static class DirectoryRegistration
{
    /// <inheritdoc cref="AddGrainDirectory(IServiceCollection)"/>
    public static WebApplicationBuilder AddGrainDirectory(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddGrainDirectory();
        return builder;
    }

    /// <summary>
    /// Registers <see cref="IGrainDirectory"/> by the configuration section <c>Directory</c>, unless one is registered
    /// already, and <see cref="DirectoryReadiness"/>, which watches it.
    /// </summary>
    public static IServiceCollection AddGrainDirectory(this IServiceCollection services)
    {
        services.AddOptions<DirectoryOptions>().BindConfiguration(DirectoryOptions.Section).ValidateOnStart();
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
        return new EmbeddedGrainDirectory(options, provider.GetRequiredService<TimeProvider>());
    }
}
