using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Holdfast.Hosting;

/// <summary>
/// What the sections of one host said, and every problem in them. Sections are bound when they are added, so that the
/// rest of the set-up can read them; problems are collected and thrown together once all sections are known.
/// </summary>
internal sealed class HoldfastConfiguration : IStartupValidator
{
    private readonly List<string> _problems = [];
    private readonly Dictionary<string, object> _bound = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The one of these services; made on first use.</summary>
    public static HoldfastConfiguration Of(IServiceCollection services)
    {
        foreach (var service in services)
        {
            if (service.ImplementationInstance is HoldfastConfiguration known) return known;
        }

        var made = new HoldfastConfiguration();
        services.AddSingleton(made);

        // The host asks this before it starts anything; the newest registration is the one that is asked.
        services.AddSingleton<IStartupValidator>(made);
        return made;
    }

    public bool TryGet<T>(string section, out T bound)
        where T : class
    {
        bound = null!;
        if (!_bound.TryGetValue(section, out var known)) return false;
        bound = known as T ?? throw new InvalidOperationException(
            $"Section {section} is bound as {known.GetType().Name} already, {typeof(T).Name} is asked for.");
        return true;
    }

    public void Add(string section, object bound, IEnumerable<string> problems)
    {
        _bound.Add(section, bound);
        _problems.AddRange(problems);
    }

    /// <exception cref="WrongConfigurationException">There is a problem in any section.</exception>
    public void Validate()
    {
        if (_problems.Count > 0) throw new WrongConfigurationException(_problems);
    }
}
