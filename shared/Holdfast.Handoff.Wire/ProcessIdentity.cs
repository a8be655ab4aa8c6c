namespace Holdfast.Handoff.Wire;

/// <summary>How a process introduces itself to its supervisor.</summary>
/// <param name="Pid">Its process id.</param>
/// <param name="Build">The build it runs.</param>
public sealed record ProcessIdentity(uint Pid, BuildId Build)
{
    internal HandoffMessage.Hello Hello(HandoffRole role) =>
        new(role, Pid, Build, HandoffCodec.VersionMin, HandoffCodec.VersionMax, 0);
}
