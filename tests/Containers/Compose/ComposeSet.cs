namespace Holdfast.Containers.Compose;

/// <summary>
/// The set of docker-compose.yml under a project name, ports and secrets of its own, so that it stands beside one that
/// somebody works with.
/// </summary>
internal sealed class ComposeSet
{
    private const string ProjectLabel = "com.docker.compose.project";
    private const string ServiceLabel = "com.docker.compose.service";
    private const string OneOffLabel = "com.docker.compose.oneoff";
    private const string StrayLabel = "io.holdfast.stray";

    private const int DashboardPort = 18888;

    /// <summary>For Compose to see what is only there on demand, too.</summary>
    private static readonly string[] Everything = ["--profile", "observability"];

    /// <summary>What was promised is less; this is for a machine that does much else meanwhile.</summary>
    private static readonly TimeSpan HealthyPatience = TimeSpan.FromSeconds(240);

    private static readonly Lazy<Task<string[]?>> Command = new(FindCommandAsync);

    private readonly Dictionary<string, string?> _environment;
    private readonly HashSet<string> _cutOff = new(StringComparer.Ordinal);
    private bool _isUp;

    public ComposeSet(string project, int ports, string secrets)
    {
        (Project, Ports, Secrets) = (project, ports, secrets);
        _environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["COMPOSE_PROJECT_NAME"] = project,
            ["HOLDFAST_PORTS"] = $"{ports}",
            ["HOLDFAST_SECRETS"] = secrets,
            ["HOLDFAST_OTLP"] = null,
            ["HOLDFAST_GRACE"] = "00:00:03",
        };
    }

    public string Project { get; }

    /// <summary>The first two digits of every port.</summary>
    public int Ports { get; }

    /// <summary>What marks containers and images beside the set as its own, so that they go when it does.</summary>
    public string StrayMark => $"{StrayLabel}={Project}";

    /// <summary>The folder of the secrets.</summary>
    public string Secrets { get; }

    /// <summary>How Compose is called: v2 as a part of docker, or the program of v1; null where none is.</summary>
    public static Task<string[]?> CommandAsync() => Command.Value;

    /// <summary>Everything that only its user may know.</summary>
    public IReadOnlyList<string> SecretValues() =>
    [
        .. System.IO.Directory.EnumerateFiles(Secrets).Select(Path.GetFileName)
            .Where(name => !name!.StartsWith("accepted-", StringComparison.Ordinal) && !name.Contains('.'))
            .Select(name => Secret(name!)),
    ];

    public string Secret(string name) => File.ReadLines(Path.Combine(Secrets, name)).First();

    public Task MakeSecretsAsync() => Shell.DemandAsync(
        "bash", [Path.Combine(Engine.Root, "deploy", "secrets.sh")], _environment);

    /// <summary>Runs Compose on this set.</summary>
    public async Task<Ended> ComposeAsync(params string[] arguments)
    {
        var command = (await CommandAsync())!;
        string[] file = ["--file", ComposeFile.Location];
        return await Shell.RunAsync(command[0], [.. command[1..], .. file, .. arguments], _environment);
    }

    /// <summary>Runs a service once more with one setting changed, until it ends by itself.</summary>
    public async Task<Ended> RunOnceAsync(string service, string setting)
    {
        var name = $"{Project}-once";
        try
        {
            return await ComposeAsync("run", "--no-deps", "-T", "--name", name, "-e", setting, service);
        }
        finally
        {
            await Shell.RunAsync("docker", ["rm", "--force", name]);
        }
    }

    /// <summary>Starts what does not run, joins what was cut off, and returns when everything is healthy.</summary>
    public async Task UpAsync()
    {
        await JoinAsync();
        if (_isUp && (await StatesAsync()).All(IsHealthy)) return;
        await StartAsync("up", "--detach", "--no-build");
        await HealthyAsync();
        _isUp = true;
    }

    /// <summary>Starts the dashboard beside the others, which send to it whether it is there or not.</summary>
    public async Task<Uri> DashboardAsync()
    {
        await StartAsync([.. Everything, "up", "--detach", "--no-build", ComposeFile.Dashboard]);
        return await AddressAsync(ComposeFile.Dashboard, DashboardPort);
    }

    private async Task StartAsync(params string[] arguments)
    {
        var up = await ComposeAsync(arguments);
        if (!up.Succeeded) throw new InvalidOperationException($"The set did not come up ({up.Code}):\n{up.Said}");
    }

    /// <summary>SIGKILL to the containers of services, all at once.</summary>
    public async Task KillAsync(params string[] services)
    {
        var containers = await Task.WhenAll(services.Select(ContainerAsync));
        await Engine.DockerAsync(["kill", .. containers]);
    }

    /// <summary>Takes services, and what shares their network, off the network of the set.</summary>
    public async Task CutOffAsync(params string[] services)
    {
        var containers = await Task.WhenAll(services.Select(ContainerAsync));
        _cutOff.UnionWith(services);
        await Task.WhenAll(containers.Select(one => Engine.DockerAsync("network", "disconnect", Network, one)));
    }

    /// <summary>Puts everything that was cut off back, under its old name.</summary>
    public async Task JoinAsync()
    {
        foreach (var service in _cutOff.ToList())
        {
            var container = await ContainerAsync(service);
            await Engine.DockerAsync("network", "connect", "--alias", service, Network, container);
            _cutOff.Remove(service);
        }
    }

    /// <summary>Where a port of a service is on this machine.</summary>
    /// <exception cref="HttpRequestException">
    /// Nowhere just now, as while its network changes: who asks again waits for it as for an answer.
    /// </exception>
    public async Task<Uri> AddressAsync(string service, int port)
    {
        var container = await ContainerAsync(service);
        var mapped = await Shell.RunAsync("docker", ["port", container, $"{port}/tcp"]);
        return mapped.Succeeded && mapped.Lines.FirstOrDefault() is { } address
            ? new Uri($"http://{address.Trim()}")
            : throw new HttpRequestException($"Port {port} of {service} is not published: {mapped.Said}");
    }

    public async Task<string> ContainerAsync(string service) =>
        await ContainersAsync("--filter", Filter(ServiceLabel, service)) is [var first, ..]
            ? first
            : throw new InvalidOperationException($"{Project} has no container of {service}.");

    /// <summary>All containers of the set, running or not, or those that pass filters of the engine.</summary>
    public async Task<IReadOnlyList<string>> ContainersAsync(params string[] filters)
    {
        var found = await Engine.DockerAsync(
            ["ps", "--all", "--quiet", "--no-trunc",
                "--filter", Filter(ProjectLabel, Project), "--filter", Filter(OneOffLabel, "False"), .. filters]);
        return [.. found.Lines];
    }

    /// <summary>The containers of the set that run, and are not the gate's.</summary>
    public async Task<IReadOnlyList<string>> RunningAsync()
    {
        var gate = await ContainersAsync("--filter", Filter(ServiceLabel, ComposeFile.Gate));
        return [.. (await ContainersAsync("--filter", "status=running")).Except(gate)];
    }

    /// <summary>Ends the set and forgets everything it kept; what it said is left in a file.</summary>
    public async Task DownAsync(string logFile)
    {
        try
        {
            await JoinAsync();
        }
        finally
        {
            await TakeDownAsync(logFile);
        }
    }

    private async Task TakeDownAsync(string logFile)
    {
        var logs = await ComposeAsync("logs", "--no-color", "--timestamps");
        await File.WriteAllTextAsync(logFile, logs.Said);
        await ComposeAsync([.. Everything, "kill"]);
        await ComposeAsync([.. Everything, "down", "--volumes", "--remove-orphans", "--timeout", "1"]);
        await SweepAsync(["ps", "--all"], ["rm", "--force", "--volumes"]);
        await SweepAsync(["images"], ["rmi", "--force"]);
    }

    // What an ended run has left beside the set: no part of its project, so Compose does not know of it.
    private async Task SweepAsync(string[] list, string[] remove)
    {
        var left = await Shell.RunAsync("docker", [.. list, "--quiet", "--filter", $"label={StrayMark}"]);
        if (left.Lines.Any()) await Shell.RunAsync("docker", [.. remove, .. left.Lines.Distinct()]);
    }

    private string Network => $"{Project}_default";

    private static string Filter(string label, string value) => $"label={label}={value}";

    private Task<StateList> HealthyAsync() => Eventually.SeesAsync(
        "all containers healthy", _ => StatesAsync(), states => states.All(IsHealthy), HealthyPatience);

    private async Task<StateList> StatesAsync()
    {
        var listed = await Engine.DockerAsync(
            "ps", "--all",
            "--filter", Filter(ProjectLabel, Project), "--filter", Filter(OneOffLabel, "False"),
            "--format", "{{.Label \"" + ServiceLabel + "\"}} {{.Status}}");
        return new StateList(listed.Lines);
    }

    // The image of the dashboard has nothing to ask itself with; the gate has done its work when it has ended.
    private static bool IsHealthy(string state) => state.Split(' ', 2) switch
    {
        [ComposeFile.Dashboard, var status] => status.StartsWith("Up", StringComparison.Ordinal),
        [ComposeFile.Gate, var status] => status.StartsWith("Exited (0)", StringComparison.Ordinal),
        _ => state.EndsWith("(healthy)", StringComparison.Ordinal),
    };

    private static async Task<string[]?> FindCommandAsync()
    {
        string[][] known = [["docker", "compose"], ["docker-compose"]];
        foreach (var command in known)
        {
            var version = await Shell.RunAsync(command[0], [.. command[1..], "version"]);
            if (version.Succeeded) return command;
        }

        return null;
    }

    private sealed class StateList(IEnumerable<string> states) : List<string>(states)
    {
        public override string ToString() =>
            string.Join("; ", this.Where(state => !IsHealthy(state)).DefaultIfEmpty("all healthy"));
    }
}
