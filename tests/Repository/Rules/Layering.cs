using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Holdfast.Repository.Rules;

/// <summary>
/// Who may reference whom: a pure core nothing, a service no other service, what is shared only what is shared.
/// </summary>
internal static class Layering
{
    /// <summary>Hosts of all services, which may reference them.</summary>
    private static readonly string[] Hosts = ["Standalone", "Cli"];

    private static readonly string[] WithoutPackages =
        ["Holdfast.Primitives", "Holdfast.Contracts", "Holdfast.Handoff.Wire"];

    /// <summary>What a core may take: shared and as pure as a core itself.</summary>
    private static readonly string[] Pure = ["Holdfast.Primitives", "Holdfast.Handoff.Wire"];

    public static IEnumerable<Finding> Check(SourceTree tree)
    {
        var graph = new ProjectGraph(tree);
        return graph.All.SelectMany(project => CorePurity(project)
            .Concat(BarePackages(project))
            .Concat(ServiceBorders(project))
            .Concat(SharedBorders(project))
            .Concat(ClientWithoutBus(project, graph)));
    }

    /// <summary>The same for a built core: what the compiler wrote into its list of references.</summary>
    public static IEnumerable<string> ForeignReferences(Stream assembly)
    {
        using var image = new PEReader(assembly);
        var metadata = image.GetMetadataReader();
        foreach (var handle in metadata.AssemblyReferences)
        {
            var name = metadata.GetString(metadata.GetAssemblyReference(handle).Name);
            if (!name.StartsWith("System.", StringComparison.Ordinal) && !Pure.Contains(name, StringComparer.Ordinal))
                yield return name;
        }
    }

    private static IEnumerable<Finding> CorePurity(Project project)
    {
        if (!project.IsCore) yield break;
        foreach (var package in project.Packages.Concat(project.Frameworks))
            yield return project.File.Break($"a protocol core references no package, but this one takes {package}");
        foreach (var reference in project.References)
        {
            if (!Pure.Contains(Path.GetFileNameWithoutExtension(reference), StringComparer.Ordinal))
                yield return project.File.Break($"a core references only {string.Join(", ", Pure)}, not {reference}");
        }
    }

    private static IEnumerable<Finding> BarePackages(Project project) =>
        WithoutPackages.Contains(project.Name, StringComparer.Ordinal)
            ? project.Packages.Concat(project.Frameworks)
                .Select(package => project.File.Break($"{project.Name} references no package, but takes {package}"))
            : [];

    private static IEnumerable<Finding> ServiceBorders(Project project)
    {
        if (project.Service is not { } service || Hosts.Contains(service, StringComparer.Ordinal)) yield break;
        foreach (var reference in project.References)
        {
            var own = reference.StartsWith($"services/{service}/", StringComparison.Ordinal);
            if (!own && !reference.StartsWith("shared/", StringComparison.Ordinal))
                yield return project.File.Break($"a service references itself and shared/ only, not {reference}");
        }
    }

    private static IEnumerable<Finding> SharedBorders(Project project) =>
        project.File.IsUnder("shared")
            ? project.References.Where(reference => !reference.StartsWith("shared/", StringComparison.Ordinal))
                .Select(reference => project.File.Break($"what is shared references only shared/, not {reference}"))
            : [];

    private static IEnumerable<Finding> ClientWithoutBus(Project project, ProjectGraph graph) =>
        project.Name == "Holdfast.Client"
            ? graph.Closure(project)
                .Where(part => part.Packages.Contains("MassTransit", StringComparer.Ordinal))
                .Select(part => project.File.Break($"a client brings no MassTransit, but {part.File.Path} does"))
            : [];
}
