using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Storage;

/// <summary>
/// What becomes of a voter whose log is damaged before its end, where no crash does damage. Whatever is chosen, term
/// and vote must be intact, and what is set aside stays in the directory under another name.
/// </summary>
public enum CorruptionPolicy
{
    /// <summary>The start is refused, naming file and byte.</summary>
    Refuse,

    /// <summary>
    /// The log is cut before the damage. The voter neither votes nor stands until it has everything from the others
    /// again. A damaged snapshot is refused: nothing before it is left.
    /// </summary>
    Truncate,

    /// <summary>
    /// The same, and also a snapshot that is damaged is set aside: then all comes from the others again.
    /// </summary>
    ContinueFromPeers,
}

/// <summary>Damage that a start found and did not refuse.</summary>
/// <param name="File">The damaged file, by the name it had.</param>
/// <param name="Offset">The byte in it.</param>
/// <param name="What">What is wrong there.</param>
/// <param name="KeptUpTo">The last entry that is left.</param>
public sealed record LogDamage(string File, long Offset, string What, LogIndex KeptUpTo);
