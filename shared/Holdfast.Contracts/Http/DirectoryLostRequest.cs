namespace Holdfast.Contracts.Http;

/// <summary>
/// A shard of the directory does not remember what it had acknowledged: <c>POST /v1/directory-lost</c>. Says which
/// memory is gone, as far as the reporter knew it, and who answers without it.
/// </summary>
public sealed record DirectoryLostRequest
{
    /// <summary>The shard, 0 to 255.</summary>
    public required int Shard { get; init; }

    /// <summary>
    /// The memory that is gone, 1 to 64 characters of <c>A-Z a-z 0-9 . _ -</c>. A memory is lost once: whoever reports
    /// it again is told the same floor. Who never knew it makes up a name that nobody else has.
    /// </summary>
    public required string Gen { get; init; }

    /// <summary>The newest sequence of it that the reporter knew.</summary>
    public required ulong Seq { get; init; }

    /// <summary>
    /// The process that answers now: Redis' <c>run_id</c>, a hyphen and the first 16 digits of its
    /// <c>master_replid</c>; empty where it is not known.
    /// </summary>
    public required string Run { get; init; }

    /// <summary>What was seen: <c>gen</c> (the default), <c>run</c> or <c>seq</c>.</summary>
    public string? Evidence { get; init; }
}
