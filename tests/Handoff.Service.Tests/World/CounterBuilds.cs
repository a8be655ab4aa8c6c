namespace Holdfast.Handoff.Service.Tests.World;

/// <summary>
/// A folder of a test's own: builds of the sample counter, each a copy of its program with settings of its own, the
/// data and the supervisor's state.
/// </summary>
internal sealed class CounterBuilds : IDisposable
{
    public const string Program = "Holdfast.Counter";

    private readonly string _root = Path.Combine(Path.GetTempPath(), $"hf-{Guid.NewGuid():N}"[..12]);

    public CounterBuilds()
    {
        System.IO.Directory.CreateDirectory(Data);
        Add("1.0", "{}");
    }

    public string Builds => Path.Combine(_root, "builds");

    public string Data => Path.Combine(_root, "data");

    public string State => Path.Combine(_root, "state");

    public string ControlPath => Path.Combine(_root, "c.sock");

    /// <summary>A build with settings of its own.</summary>
    public void Add(string build, string settings)
    {
        var folder = Path.Combine(Builds, build);
        System.IO.Directory.CreateDirectory(folder);
        foreach (var file in System.IO.Directory.GetFiles(Output()))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        File.WriteAllText(Path.Combine(folder, "appsettings.json"), settings);
    }

    public Dictionary<string, string?> Settings(int port) => new(StringComparer.Ordinal)
    {
        ["Node:Id"] = "edge-1",
        ["Node:Cluster"] = "edge",
        ["Auth:AllowAnonymous"] = "true",
        ["Bus:Transport"] = "memory",
        ["Handoff:StateDirectory"] = State,
        ["Handoff:AgentInterval"] = "00:00:00.500",
        ["Handoff:Daemons:0:Name"] = "counter",
        ["Handoff:Daemons:0:Builds"] = Builds,
        ["Handoff:Daemons:0:Build"] = "1.0",
        ["Handoff:Daemons:0:Command"] = Program,
        ["Handoff:Daemons:0:Data"] = Data,
        ["Handoff:Daemons:0:ControlPath"] = ControlPath,
        ["Handoff:Daemons:0:Listeners:0"] = $"http=127.0.0.1:{port}",
        ["Handoff:Daemons:0:Environment:0"] = $"DOTNET_ROOT={DotnetRoot()}",
        ["Handoff:Daemons:0:Fenced"] = "false",
    };

    public void Dispose() => System.IO.Directory.Delete(_root, recursive: true);

    // Tests and samples stand alike in bin/(configuration)/(framework) of their projects.
    private static string Output()
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        var configuration = framework.Parent!;
        var root = configuration.Parent!.Parent!.Parent!.Parent!.FullName;
        return Path.Combine(root, "samples", "Counter", "bin", configuration.Name, framework.Name);
    }

    private static string DotnetRoot() => Path.GetFullPath(
        Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", ".."));
}
