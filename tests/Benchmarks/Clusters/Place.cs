using System.Diagnostics;

namespace Holdfast.Benchmarks.Clusters;

/// <summary>Where a member runs: an address, and the network namespace that has it, unless it is the first.</summary>
internal sealed record Place(string Address, string? Namespace)
{
    public static Place[] Loopback(int count) =>
        [.. Enumerable.Repeat(new Place("127.0.0.1", Namespace: null), count)];

    public ServerProcess Start(string program, IEnumerable<string> arguments) => Namespace is null
        ? new ServerProcess(program, arguments)
        : new ServerProcess("ip", ["netns", "exec", Namespace, program, .. arguments]);
}

/// <summary>
/// A switch and a namespace for each member, so that one can be cut off as by a pulled cable at the switch: nothing
/// comes through, and nobody is told. Wants the rights to set up networks.
/// </summary>
internal sealed class CutNetwork : IDisposable
{
    private const string Bridge = "hfbench0";
    private const string Prefix = "10.231.47.";

    private readonly int _count;

    public CutNetwork(int count)
    {
        _count = count;
        Remove();
        Demand("link", "add", Bridge, "type", "bridge");
        Demand("addr", "add", $"{Prefix}1/24", "dev", Bridge);
        Demand("link", "set", Bridge, "up");
        Filter("-I");
        Places = [.. Enumerable.Range(0, count).Select(Add)];
    }

    public Place[] Places { get; }

    public void Cut(int member) => Demand("link", "set", PortOf(member), "nomaster");

    public void Join(int member) => Demand("link", "set", PortOf(member), "master", Bridge);

    public void Dispose() => Remove();

    private static string PortOf(int member) => $"hfbench-p{member}";

    private static string NamespaceOf(int member) => $"hfbench-{member}";

    private static bool Try(params string[] arguments) => Run("ip", arguments);

    /// <summary>Where an engine for containers filters what passes switches, this one must be let through.</summary>
    private static void Filter(string action) =>
        Run("iptables", action, "FORWARD", "-i", Bridge, "-o", Bridge, "-j", "ACCEPT");

    private static bool Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start);
        process!.WaitForExit();
        return process.ExitCode == 0;
    }

    private static void Demand(params string[] arguments)
    {
        if (!Try(arguments))
            throw new MeasurementFailedException($"`ip {string.Join(' ', arguments)}` failed; it wants root's rights.");
    }

    private Place Add(int member)
    {
        var (space, inside) = (NamespaceOf(member), $"hfbench-i{member}");
        Demand("netns", "add", space);
        Demand("link", "add", PortOf(member), "type", "veth", "peer", "name", inside, "netns", space);
        Demand("-n", space, "addr", "add", $"{Prefix}{10 + member}/24", "dev", inside);
        Demand("-n", space, "link", "set", inside, "up");
        Demand("-n", space, "link", "set", "lo", "up");
        Demand("link", "set", PortOf(member), "up");
        Join(member);
        return new Place($"{Prefix}{10 + member}", space);
    }

    /// <summary>Also what a run that was killed left behind.</summary>
    private void Remove()
    {
        for (var member = 0; member < _count; member++)
        {
            Try("link", "del", PortOf(member));
            Try("netns", "del", NamespaceOf(member));
        }

        if (Try("link", "del", Bridge)) Filter("-D");
    }
}
