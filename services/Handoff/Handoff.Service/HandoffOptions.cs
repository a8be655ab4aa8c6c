using System.ComponentModel.DataAnnotations;
using Holdfast.Handoff.Protocol.Supervision;
using Holdfast.Primitives;

namespace Holdfast.Handoff.Service;

/// <summary>The section <c>Handoff</c>: the supervisor of a node and its daemons.</summary>
public sealed record HandoffOptions : SupervisionOptions
{
    /// <summary>The same section; said here too because the settings below belong to it.</summary>
    public new const string Section = "Handoff";

    /// <summary>
    /// A folder of the supervisor's own for journals and epochs, on a disk that keeps what it flushed. One supervisor
    /// at a time uses it. No default.
    /// </summary>
    public required string StateDirectory { get; init; }

    /// <summary>
    /// The HTTP address of the node's Gossip agent. Absent: nobody watches the daemons or is told of silence.
    /// </summary>
    public Uri? Agent { get; init; }

    /// <summary>A file with the bearer token that the agent wants; read again when it changes.</summary>
    public string? AgentTokenFile { get; init; }

    /// <summary>
    /// How long the agent may take to answer. Longer delays a handoff whose agent hangs. From 100 ms to 1 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan AgentDeadline { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Pause between two times that the agent is told which processes to watch, for it may have been restarted. From
    /// 100 ms to 10 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan AgentInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether an ordered stop of the supervisor stops its daemons. If not, they go on, and the next supervisor takes
    /// them on with their listeners, which needs the right to trace them.
    /// </summary>
    public bool StopDaemons { get; init; } = true;

    /// <summary>Time to live of the session under which epochs are raised. From 1 s to 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan SessionTtl { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The daemons, at least one.</summary>
    [MinLength(1)]
    public IReadOnlyList<DaemonOptions> Daemons { get; init; } = [];
}

/// <summary>A daemon: <c>Handoff:Daemons:&lt;n&gt;</c>.</summary>
public sealed record DaemonOptions
{
    /// <summary>Its name, once per supervisor.</summary>
    public WorkloadName Name { get; init; }

    /// <summary>A folder in which each folder is a build; its name is the build's.</summary>
    public string Builds { get; init; } = "";

    /// <summary>The build of the very first start. Later it is the one that served last.</summary>
    public string Build { get; init; } = "";

    /// <summary>The program, a file inside every build.</summary>
    public string Command { get; init; } = "";

    /// <summary>Its arguments.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Its data folder, given to it as <c>HOLDFAST_DATA</c>.</summary>
    public string Data { get; init; } = "";

    /// <summary>The Unix socket that its incumbent serves, given to it as <c>HOLDFAST_CONTROL_PATH</c>.</summary>
    public string ControlPath { get; init; } = "";

    /// <summary>What it listens on, each <c>name=address:port</c>, in the order of its descriptors.</summary>
    public IReadOnlyList<string> Listeners { get; init; } = [];

    /// <summary>Further variables of its environment, each <c>KEY=VALUE</c>.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary>
    /// Whether it is the grain <c>holdfast.daemon/&lt;node&gt;/&lt;name&gt;</c>, whose epoch goes along with what it
    /// writes elsewhere. Needs the sections <c>ConsensusClient</c> and <c>Directory</c>.
    /// </summary>
    public bool Fenced { get; init; } = true;

    /// <summary>
    /// Whether a handoff, or a first start, goes on when the epoch cannot be raised. Then its writes are told apart
    /// from those of its predecessor by nothing.
    /// </summary>
    public bool GoUnfenced { get; init; }
}
