using System.Runtime.InteropServices;
using Holdfast.Standalone.Ports;

namespace Holdfast.Standalone.Nodes;

/// <summary>The configuration of the supervisor in a node process: one daemon, the sample counter.</summary>
internal static class DaemonSettings
{
    public const string Name = "counter";
    public const string FirstBuild = "one";

    private const string Prefix = "Handoff:Daemons:0:";

    public static Dictionary<string, string?> Of(NodeAssignment assignment, DaemonEntry daemon)
    {
        var settings = NodeSettings.Of(assignment);
        settings["Handoff:StateDirectory"] = Path.Combine(daemon.Folder, "supervisor");
        settings["Handoff:Agent"] = Layout.Url(assignment.Self.GossipHttp).ToString();
        settings["Handoff:AgentTokenFile"] = assignment.TokenFile;
        // The parent waits no longer than this for the end of a node and all that it started.
        settings["Handoff:ExitGrace"] = "00:00:02";
        settings["Handoff:DrainGrace"] = "00:00:05";
        settings[Prefix + "Name"] = Name;
        settings[Prefix + "Builds"] = daemon.Builds;
        settings[Prefix + "Build"] = FirstBuild;
        settings[Prefix + "Command"] = "Holdfast.Counter";
        // The counter reads no such setting; it shows in a list of processes whose daemon it is.
        settings[Prefix + "Arguments:0"] = $"--run={daemon.Folder}";
        settings[Prefix + "Data"] = Path.Combine(daemon.Folder, "data");
        settings[Prefix + "ControlPath"] = Path.Combine(daemon.Folder, "control");
        settings[Prefix + "Listeners:0"] = $"http={NodeSettings.Loopback(daemon.DaemonHttp)}";
        settings[Prefix + "Environment:0"] = $"DOTNET_ROOT={RuntimeFolder()}";
        settings[Prefix + "Environment:1"] = "DOTNET_EnableDiagnostics=0";
        return settings;
    }

    /// <summary>Where this process' own runtime is: the daemon takes the same, wherever it is installed.</summary>
    private static string RuntimeFolder() =>
        Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
}
