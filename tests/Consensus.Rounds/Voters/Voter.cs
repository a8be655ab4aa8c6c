using System.Net;
using Holdfast.Consensus.Rounds.Sandboxes;

namespace Holdfast.Consensus.Rounds.Voters;

/// <summary>One voter through all its lives.</summary>
internal sealed record Voter(int Number, string Name, IPEndPoint Raft, IPEndPoint Clients, VoterDisk Disk)
{
    /// <summary>Its present life; null while it is down.</summary>
    public VoterProcess? Process { get; set; }

    public bool IsUp => Process is { HasExited: false };

    public string HttpAddress => $"http://{Clients}";
}

/// <summary>What a voter says of itself.</summary>
internal sealed record VoterState(ulong Term, bool Leads, string? Leader, ulong Applied, ulong Last);
