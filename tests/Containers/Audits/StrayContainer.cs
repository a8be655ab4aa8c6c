using Holdfast.Containers.Compose;

namespace Holdfast.Containers.Audits;

/// <summary>A container beside the set, with a fault that an audit must find. Gone when disposed of.</summary>
internal sealed class StrayContainer : IAsyncDisposable
{
    private StrayContainer(string id) => Id = id;

    public string Id { get; }

    /// <summary>Runs it beside a set, with the arguments of <c>docker run</c>.</summary>
    public static async Task<StrayContainer> RunAsync(ComposeSet set, params string[] arguments)
    {
        string[] run = ["run", "--detach", "--network", "none", "--label", set.StrayMark];
        var started = await Engine.DockerAsync([.. run, .. arguments]);
        return new StrayContainer(started.Lines.First());
    }

    /// <summary>Returns when it runs no more.</summary>
    public Task EndAsync() => Engine.DockerAsync("wait", Id);

    public async ValueTask DisposeAsync() => await Engine.DockerAsync("rm", "--force", "--volumes", Id);
}

/// <summary>An image beside those of the set, with a fault that an audit must find. Gone when disposed of.</summary>
internal sealed class StrayImage : IAsyncDisposable
{
    private readonly DirectoryInfo _context;

    private StrayImage(string name, DirectoryInfo context) => (Name, _context) = (name, context);

    public string Name { get; }

    /// <summary>Builds it beside those of a set, of a Dockerfile without anything to copy.</summary>
    public static async Task<StrayImage> BuildAsync(ComposeSet set, string dockerfile)
    {
        var image = new StrayImage(
            $"holdfast-stray-{Guid.NewGuid().ToString("n")[..8]}",
            System.IO.Directory.CreateTempSubdirectory("holdfast-stray-"));
        await File.WriteAllTextAsync(Path.Combine(image._context.FullName, "Dockerfile"), dockerfile);
        await Engine.DockerAsync(
            "build", "--quiet", "--force-rm", "--label", set.StrayMark, "--tag", image.Name, image._context.FullName);
        return image;
    }

    public async ValueTask DisposeAsync()
    {
        _context.Delete(recursive: true);
        await Engine.DockerAsync("rmi", "--force", Name);
    }
}
