using System.Globalization;
using System.Reflection;
using Holdfast.Handoff.Wire;

namespace Holdfast.Client.Handoff;

/// <summary>
/// What a supervisor gives the process it starts: listeners from descriptor 3 on, and, to a successor, a connection.
/// </summary>
/// <param name="Role">Null for a process that was started cold.</param>
/// <param name="Control">The descriptor of the connection; with a successor only.</param>
/// <param name="Listeners">Name and descriptor of each listener, in their order; empty without a supervisor.</param>
/// <param name="Build">The build that runs, by the name the supervisor gave it.</param>
public sealed record HandoffEnvironment(
    HandoffRole? Role, int? Control, IReadOnlyList<InheritedListener> Listeners, BuildId Build)
{
    // The first five are the wire's, so that any supervisor of that protocol can set them; the rest is Holdfast's own.

    /// <summary>Says <c>successor</c> in a successor and is absent on a cold start.</summary>
    public const string RoleVariable = "HANDOFF_ROLE";

    /// <summary>The descriptor of the connection to the supervisor.</summary>
    public const string SocketVariable = "HANDOFF_SOCK_FD";

    /// <summary>How many listeners there are.</summary>
    public const string CountVariable = "LISTEN_FDS";

    /// <summary>Their names, joined by colons.</summary>
    public const string NamesVariable = "LISTEN_FDNAMES";

    /// <summary>Where it is set and names another process, the listeners are not for this one.</summary>
    public const string PidVariable = "LISTEN_PID";

    /// <summary>The build's name. Holdfast's own; absent: the program's informational version.</summary>
    public const string BuildVariable = "HOLDFAST_BUILD";

    /// <summary>Where the supervisor finds the process that serves.</summary>
    public const string ControlPathVariable = "HOLDFAST_CONTROL_PATH";

    /// <summary>The directory of the data.</summary>
    public const string DataVariable = "HOLDFAST_DATA";

    /// <summary>The file in which the supervisor writes the daemon's epoch each time it raised it.</summary>
    public const string EpochFileVariable = "HOLDFAST_EPOCH_FILE";

    /// <summary>The first descriptor of a listener, as systemd has it.</summary>
    public const int FirstListener = 3;

    private const int ListenersMax = 64;

    /// <summary>What <see cref="ControlPathVariable"/> said.</summary>
    public string? ControlPath { get; init; }

    /// <summary>What <see cref="DataVariable"/> said.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>What <see cref="EpochFileVariable"/> said; absent where the daemon is not fenced.</summary>
    public string? EpochFile { get; init; }

    /// <summary>A process that nobody supervises.</summary>
    public static HandoffEnvironment Alone { get; } = new(null, null, [], OwnVersion());

    /// <summary>
    /// Reads the variables and removes them, so that a process started from here does not take itself for a successor.
    /// </summary>
    /// <exception cref="HandoffEnvironmentException">They contradict each other.</exception>
    public static HandoffEnvironment Take()
    {
        string? Taken(string name)
        {
            var value = Environment.GetEnvironmentVariable(name);
            if (value is not null) Environment.SetEnvironmentVariable(name, null);
            return string.IsNullOrEmpty(value) ? null : value;
        }

        var (role, socket, build) = (Taken(RoleVariable), Taken(SocketVariable), Taken(BuildVariable));
        var (count, names, pid) = (Taken(CountVariable), Taken(NamesVariable), Taken(PidVariable));
        if (pid is not null && pid != Environment.ProcessId.ToString(CultureInfo.InvariantCulture))
            (count, names) = (null, null);
        return new HandoffEnvironment(
            ParsedRole(role),
            ParsedSocket(role, socket),
            Named(count, names),
            build is null ? OwnVersion() : BuildId.FromText(build))
        {
            ControlPath = Taken(ControlPathVariable),
            DataDirectory = Taken(DataVariable),
            EpochFile = Taken(EpochFileVariable),
        };
    }

    private static HandoffRole? ParsedRole(string? role) => role switch
    {
        null => null,
        "successor" => HandoffRole.Successor,
        _ => throw new HandoffEnvironmentException($"{RoleVariable} is '{role}'; 'successor' or nothing is wanted."),
    };

    private static int? ParsedSocket(string? role, string? socket)
    {
        if (role is null) return null;
        return Number(socket) ?? throw new HandoffEnvironmentException(
            $"{SocketVariable} is '{socket}'; a successor wants the number of a descriptor.");
    }

    private static List<InheritedListener> Named(string? count, string? names)
    {
        if (count is null) return [];
        if (Number(count) is not { } listeners || listeners > ListenersMax)
            throw new HandoffEnvironmentException($"{CountVariable} is '{count}'; 0 to {ListenersMax} is wanted.");
        var words = names?.Split(':') ?? [];
        var named = new List<InheritedListener>(listeners);
        for (var i = 0; i < listeners; i++)
        {
            var name = i < words.Length && words[i].Length > 0 ? words[i] : i.ToString(CultureInfo.InvariantCulture);
            named.Add(new InheritedListener(name, FirstListener + i));
        }

        return named;
    }

    private static int? Number(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static BuildId OwnVersion() => BuildId.FromText(
        Assembly.GetEntryAssembly()?.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
        ?? "");
}

/// <summary>A listening socket that the supervisor holds open for all builds of a daemon.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Descriptor">Its descriptor in this process.</param>
public sealed record InheritedListener(string Name, int Descriptor);

/// <summary>What the supervisor left in the environment cannot be.</summary>
public sealed class HandoffEnvironmentException(string message) : Exception(message);
