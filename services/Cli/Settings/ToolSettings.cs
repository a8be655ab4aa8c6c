using Holdfast.Directory;

namespace Holdfast.Cli.Settings;

/// <summary>Where everything is, as the command line, the environment and the file say, in this order.</summary>
internal sealed record ToolSettings
{
    public required IReadOnlyList<Uri> Consensus { get; init; }

    public required IReadOnlyList<Uri> Gossip { get; init; }

    public required IReadOnlyList<Uri> Failover { get; init; }

    public required IReadOnlyList<Uri> Recovery { get; init; }

    public required IReadOnlyList<Uri> Handoff { get; init; }

    public string? TokenFile { get; init; }

    /// <summary>Null where none is named.</summary>
    public DirectoryOptions? Directory { get; init; }

    public string? AuthorityFile { get; init; }

    public string? CertificateFile { get; init; }

    public string? KeyFile { get; init; }

    public required TimeSpan Timeout { get; init; }

    public bool NamesNoService => Consensus.Count + Gossip.Count + Failover.Count + Recovery.Count + Handoff.Count == 0;
}
