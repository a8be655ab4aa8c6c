using System.Text;
using Holdfast.Handoff.Protocol.Supervision;
using Holdfast.Handoff.Service.Processes;

namespace Holdfast.Handoff.Service;

/// <summary>What no attribute can say of the section, and the relations between its settings.</summary>
internal static class HandoffRules
{
    // The kernel's sun_path has 108 bytes, one of them the end; a daemon binds under its path and a process id first.
    private const int ControlPathBytesMax = 100;

    public static IEnumerable<string> Problems(HandoffOptions options) =>
        Durations(options)
            .Concat(Names(options))
            .Concat(options.Daemons.SelectMany((daemon, i) => Of(daemon, $"Handoff:Daemons:{i}")));

    private static IEnumerable<string> Durations(HandoffOptions options)
    {
        if (options.DrainGrace >= options.Deadline)
        {
            yield return $"Handoff:DrainGrace ({options.DrainGrace}) must be below Handoff:Deadline " +
                $"({options.Deadline}).";
        }

        if (options.Heartbeat * 3 > options.Liveness)
        {
            yield return $"Handoff:Heartbeat ({options.Heartbeat}) must be at most a third of Handoff:Liveness " +
                $"({options.Liveness}).";
        }

        if (options.RestartMax < options.RestartMin)
        {
            yield return $"Handoff:RestartMax ({options.RestartMax}) must be at least Handoff:RestartMin " +
                $"({options.RestartMin}).";
        }
    }

    private static IEnumerable<string> Names(HandoffOptions options)
    {
        foreach (var twice in options.Daemons.GroupBy(daemon => daemon.Name).Where(group => group.Count() > 1))
            yield return $"Handoff:Daemons has the name '{twice.Key}' {twice.Count()} times; wanted is once.";
        foreach (var twice in options.Daemons.GroupBy(daemon => daemon.ControlPath).Where(group => group.Count() > 1))
            yield return $"Handoff:Daemons has the control path '{twice.Key}' {twice.Count()} times; wanted is once.";
    }

    private static IEnumerable<string> Of(DaemonOptions daemon, string key)
    {
        if (daemon.Name.Value.Length == 0) yield return $"{key}:Name is missing; wanted is a workload name.";
        if (!BuildName.IsLegal(daemon.Build))
            yield return $"{key}:Build is '{daemon.Build}'; wanted is the name of a build: {BuildName.Rule}.";
        if (daemon.Builds.Length == 0) yield return $"{key}:Builds is missing; wanted is a folder of builds.";
        var program = Path.Combine(daemon.Builds, daemon.Build, daemon.Command);
        if (daemon.Builds.Length > 0 && BuildName.IsLegal(daemon.Build) && !File.Exists(program))
            yield return $"{key} names '{program}' as its program; wanted is a file.";

        if (daemon.Command.Length == 0 || daemon.Command.Contains('/', StringComparison.Ordinal))
            yield return $"{key}:Command is '{daemon.Command}'; wanted is the name of a file inside a build.";
        if (daemon.Data.Length == 0) yield return $"{key}:Data is missing; wanted is a folder.";
        if (Encoding.UTF8.GetByteCount(daemon.ControlPath) is 0 or > ControlPathBytesMax)
        {
            yield return $"{key}:ControlPath is '{daemon.ControlPath}'; wanted is a path of 1 to " +
                $"{ControlPathBytesMax} bytes, since a Unix socket has no room for more.";
        }

        foreach (var listener in daemon.Listeners.Where(text => ListenerName.Parse(text) is null))
            yield return $"{key}:Listeners has '{listener}'; wanted is name=address:port, such as http=0.0.0.0:8080.";
        foreach (var variable in daemon.Environment.Where(text => text.IndexOf('=', StringComparison.Ordinal) <= 0))
            yield return $"{key}:Environment has '{variable}'; wanted is KEY=VALUE.";
    }
}
