namespace Holdfast.Containers.Compose;

/// <summary>The container engine of this machine, and the images that were built for it.</summary>
internal static class Engine
{
    /// <summary>Set to <c>required</c> where a missing engine is a failure, as in continuous integration.</summary>
    public const string Variable = "HOLDFAST_CONTAINERS";

    /// <summary>
    /// Says why the images of these sources could not be built; those that are there would be of others. Set by
    /// test.sh.
    /// </summary>
    private const string WhyNotVariable = "HOLDFAST_CONTAINERS_WHY_NOT";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly Lazy<Task<string?>> Reason = new(FindReasonAsync);

    /// <summary>The root of the repository, where docker-compose.yml is.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Why nothing can be run in containers here; null where it can. Said once.</summary>
    public static Task<string?> WhyNotAsync() => Reason.Value;

    public static Task<Ended> DockerAsync(params string[] arguments) => Shell.DemandAsync("docker", arguments);

    private static async Task<string?> FindReasonAsync()
    {
        var reason = await ReasonAsync();
        if (reason is null) return null;
        Console.WriteLine($"Containers: not tested, {reason}.");
        return Environment.GetEnvironmentVariable(Variable) != "required"
            ? reason
            : throw new InvalidOperationException($"{Variable} is 'required', but {reason}.");
    }

    private static async Task<string?> ReasonAsync()
    {
        if (Environment.GetEnvironmentVariable(WhyNotVariable) is { Length: > 0 } said) return said.TrimEnd('.');
        var info = await Shell.RunAsync("docker", ["version", "--format", "{{.Server.Version}}"], patience: Patience);
        if (!info.Succeeded) return "no container engine answers";
        if (await ComposeSet.CommandAsync() is null) return "there is neither docker compose nor docker-compose";
        var images = await Shell.RunAsync("docker", ["images", "--format", "{{.Repository}}"]);
        string[] missing = [.. ComposeFile.OwnImages.Except(images.Lines, StringComparer.Ordinal)];
        return missing.Length == 0
            ? null
            : $"the images {string.Join(", ", missing)} are missing (README.md tells how they are built)";
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "docker-compose.yml"))) return folder.FullName;
        }

        throw new DirectoryNotFoundException($"No docker-compose.yml above {AppContext.BaseDirectory}.");
    }
}
