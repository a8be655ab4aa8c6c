using System.Collections;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Holdfast.Handoff.Protocol.Supervision;
using Holdfast.Hosting;

namespace Holdfast.Handoff.Service.Processes;

/// <summary>A process that was just started, and for a successor the supervisor's end of its stream.</summary>
internal sealed record LaunchedProcess(RunningProcess Process, Socket? Link);

/// <summary>
/// Starts the processes of one daemon as specs of the wire want it: the listeners from descriptor 3 on, after them the
/// successor's end of a socket pair, all of it told by variables. Of the supervisor's own environment only what
/// <see cref="DaemonEnvironment"/> names goes along, so that none of its settings and secrets becomes the daemon's.
/// </summary>
internal sealed class DaemonLauncher(DaemonOptions daemon, NodeOptions node, string epochFile)
{
    private readonly IReadOnlyList<ListenerName> _names =
        [.. daemon.Listeners.Select(ListenerName.Parse).OfType<ListenerName>()];

    private ListenerSet? _listeners;

    /// <summary>Where the daemon listens.</summary>
    public IReadOnlyList<ListenerName> Names => _names;

    /// <summary>Whether there is a program of this build.</summary>
    public bool Has(BuildName build) => File.Exists(PathOf(build));

    /// <summary>The builds that there are.</summary>
    public IReadOnlyList<string> Builds()
    {
        try
        {
            return
            [
                .. System.IO.Directory.GetDirectories(daemon.Builds)
                    .Select(folder => Path.GetFileName(folder))
                    .Where(name => BuildName.IsLegal(name) && Has(new BuildName(name)))
                    .Order(StringComparer.Ordinal),
            ];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Takes the listeners of a process that serves; false where that is not allowed.</summary>
    public bool TryTakeListeners(RunningProcess process)
    {
        _listeners ??= ListenerSet.TakeFrom(process, _names);
        return _listeners is not null;
    }

    /// <exception cref="IOException">An address is taken or not this machine's.</exception>
    public void OpenListeners() => _listeners ??= ListenerSet.Open(_names);

    public void CloseListeners()
    {
        _listeners?.Dispose();
        _listeners = null;
    }

    /// <exception cref="IOException">It cannot be started.</exception>
    public LaunchedProcess Launch(Peer role, BuildName build)
    {
        if (!Has(build)) throw new IOException($"'{PathOf(build)}' is not there.");
        System.IO.Directory.CreateDirectory(daemon.Data);
        OpenListeners();
        var descriptors = new List<int>(_listeners!.Descriptors);
        var environment = EnvironmentOf(build);
        if (role == Peer.Incumbent) return new LaunchedProcess(Start(build, environment, descriptors), null);
        var (own, other) = Pair();
        try
        {
            environment["HANDOFF_ROLE"] = "successor";
            environment["HANDOFF_SOCK_FD"] = Text(ProcessLaunch.FirstDescriptor + descriptors.Count);
            descriptors.Add(other);
            return new LaunchedProcess(Start(build, environment, descriptors), own);
        }
        catch
        {
            own.Dispose();
            throw;
        }
        finally
        {
            NativeCalls.Close(other);
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static unsafe (Socket Own, int Other) Pair()
    {
        var ends = stackalloc int[2];
        if (NativeCalls.SocketPair(NativeCalls.UnixFamily, NativeCalls.StreamCloseOnExec, 0, ends) != 0)
            throw new IOException($"A socket pair cannot be made: {Marshal.GetLastPInvokeErrorMessage()}");
        return (new Socket(new SafeSocketHandle(ends[0], ownsHandle: true)), ends[1]);
    }

    private string PathOf(BuildName build) =>
        Path.GetFullPath(Path.Combine(daemon.Builds, build.Value, daemon.Command));

    private RunningProcess Start(
        BuildName build, IReadOnlyDictionary<string, string> environment, IReadOnlyList<int> descriptors)
    {
        var path = PathOf(build);
        var launch = new ProcessLaunch(
            path, daemon.Arguments, environment, Path.GetDirectoryName(path)!, descriptors);
        return RunningProcess.OfChild(launch.Start(), build);
    }

    private Dictionary<string, string> EnvironmentOf(BuildName build)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry item in Environment.GetEnvironmentVariables())
        {
            var (name, value) = ((string)item.Key, (string?)item.Value ?? "");
            if (DaemonEnvironment.IsInherited(name, value)) environment[name] = value;
        }

        foreach (var variable in daemon.Environment)
        {
            var at = variable.IndexOf('=', StringComparison.Ordinal);
            environment[variable[..at]] = variable[(at + 1)..];
        }

        environment["LISTEN_FDS"] = Text(_names.Count);
        environment["LISTEN_FDNAMES"] = string.Join(':', _names.Select(name => name.Name));
        environment["HOLDFAST_DAEMON"] = daemon.Name.Value;
        environment["HOLDFAST_NODE"] = node.Id.Value;
        environment["HOLDFAST_CLUSTER"] = node.Cluster.Value;
        environment["HOLDFAST_BUILD"] = build.Value;
        environment["HOLDFAST_CONTROL_PATH"] = Path.GetFullPath(daemon.ControlPath);
        environment["HOLDFAST_DATA"] = Path.GetFullPath(daemon.Data);
        if (daemon.Fenced) environment["HOLDFAST_EPOCH_FILE"] = epochFile;
        return environment;
    }
}
