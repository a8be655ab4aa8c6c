using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Holdfast.Hosting;

/// <summary>Options bound from configuration, checked in full; wrong ones stop the start.</summary>
public static class HoldfastOptionsExtensions
{
    /// <summary>
    /// Binds a section to an immutable record and registers it as <typeparamref name="TOptions"/> and
    /// <see cref="IOptions{TOptions}"/>. Checked are: text that cannot be read, missing <c>required</c> or
    /// <c>[Required]</c> properties, validation attributes such as <c>[Range]</c>, keys that no property has, then
    /// <paramref name="rules"/>. All problems of all sections are reported at once, when the host starts. Adding the
    /// same section again gives the record that was bound before.
    /// </summary>
    /// <param name="builder">The host.</param>
    /// <param name="section">The name of the section.</param>
    /// <param name="rules">
    /// Relations between properties, each problem a sentence that names keys and values. They run only when every
    /// property was given and could be read.
    /// </param>
    /// <returns>The record; legal only once the host starts.</returns>
    public static TOptions AddHoldfastOptions<TOptions>(
        this IHostApplicationBuilder builder,
        string section,
        params IReadOnlyList<Func<TOptions, IEnumerable<string>>> rules)
        where TOptions : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        var configuration = HoldfastConfiguration.Of(builder.Services);
        if (configuration.TryGet<TOptions>(section, out var known)) return known;

        var (bound, problems) = builder.Configuration.ReadHoldfastOptions(section, rules);
        configuration.Add(section, bound, problems);
        builder.Services.AddSingleton(bound);
        builder.Services.AddSingleton(Options.Create(bound));
        return bound;
    }

    /// <summary>
    /// Reads a section as it is now, by the same rules, for a host that takes up some settings while it runs. Changes
    /// nothing by itself.
    /// </summary>
    /// <returns>The record, legal only without problems; and every problem as a sentence.</returns>
    public static (TOptions Options, IReadOnlyList<string> Problems) ReadHoldfastOptions<TOptions>(
        this IConfiguration configuration,
        string section,
        params IReadOnlyList<Func<TOptions, IEnumerable<string>>> rules)
        where TOptions : class
    {
        var binder = new SectionBinder();
        var bound = (TOptions)binder.Bind(typeof(TOptions), configuration.GetSection(section));
        var problems = new List<string>(binder.Problems);
        if (!binder.Incomplete) problems.AddRange(rules.SelectMany(rule => rule(bound)));
        return (bound, problems);
    }

    /// <summary>As above, with the relations between properties in a validator.</summary>
    public static TOptions AddHoldfastOptions<TOptions, TValidator>(
        this IHostApplicationBuilder builder, string section)
        where TOptions : class
        where TValidator : IValidateOptions<TOptions>, new() =>
        builder.AddHoldfastOptions<TOptions>(
            section, options => new TValidator().Validate(section, options).Failures ?? []);
}
