using System.Text.Json;
using Holdfast.Containers.Compose;

namespace Holdfast.Containers.Audits;

/// <summary>One container as the engine describes it.</summary>
internal sealed record InspectedContainer(JsonElement Root)
{
    public string Id => Root.GetProperty(nameof(Id)).GetString() ?? "";

    public string Name => (Root.GetProperty(nameof(Name)).GetString() ?? "").TrimStart('/');

    public JsonElement State => Root.GetProperty(nameof(State));

    public JsonElement Config => Root.GetProperty(nameof(Config));

    /// <summary>What the container may do on its host.</summary>
    public JsonElement Host => Root.GetProperty("HostConfig");

    public bool IsRunning => State.GetProperty("Running").GetBoolean();

    public string Image => Config.GetProperty(nameof(Image)).GetString() ?? "";
}

/// <summary>What <c>docker inspect</c> tells about containers.</summary>
internal sealed class Inspection : IDisposable
{
    private readonly JsonDocument _document;

    private Inspection(JsonDocument document) => _document = document;

    public IEnumerable<InspectedContainer> Containers =>
        _document.RootElement.EnumerateArray().Select(element => new InspectedContainer(element));

    public static async Task<Inspection> OfAsync(IReadOnlyCollection<string> containers)
    {
        var said = await Engine.DockerAsync(["container", "inspect", .. containers]);
        return new Inspection(JsonDocument.Parse(said.Output));
    }

    public void Dispose() => _document.Dispose();
}
