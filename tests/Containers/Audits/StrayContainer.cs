using Holdfast.Containers.Compose;

namespace Holdfast.Containers.Audits;

/// <summary>A container beside the set, with a fault that an audit must find. Gone when disposed of.</summary>
internal sealed class StrayContainer : IAsyncDisposable
{
    private StrayContainer(string id) => Id = id;

    public string Id { get; }

    /// <summary>Runs it with the arguments of <c>docker run</c>.</summary>
    public static async Task<StrayContainer> RunAsync(params string[] arguments)
    {
        var started = await Engine.DockerAsync(["run", "--detach", "--network", "none", .. arguments]);
        return new StrayContainer(started.Lines.First());
    }

    public async ValueTask DisposeAsync() => await Engine.DockerAsync("rm", "--force", "--volumes", Id);
}

/// <summary>An image beside those of the set, with a fault that an audit must find. Gone when disposed of.</summary>
internal sealed class StrayImage : IAsyncDisposable
{
    private readonly DirectoryInfo _context;

    private StrayImage(string name, DirectoryInfo context) => (Name, _context) = (name, context);

    public string Name { get; }

    /// <summary>Builds it of a Dockerfile, without anything to copy.</summary>
    public static async Task<StrayImage> BuildAsync(string dockerfile)
    {
        var image = new StrayImage(
            $"holdfast-stray-{Guid.NewGuid().ToString("n")[..8]}",
            System.IO.Directory.CreateTempSubdirectory("holdfast-stray-"));
        await File.WriteAllTextAsync(Path.Combine(image._context.FullName, "Dockerfile"), dockerfile);
        await Engine.DockerAsync("build", "--quiet", "--force-rm", "--tag", image.Name, image._context.FullName);
        return image;
    }

    public async ValueTask DisposeAsync()
    {
        _context.Delete(recursive: true);
        await Engine.DockerAsync("rmi", "--force", Name);
    }
}
