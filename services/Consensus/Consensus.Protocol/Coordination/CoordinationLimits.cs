using Holdfast.Consensus.Protocol.Requests;

namespace Holdfast.Consensus.Protocol.Coordination;

/// <summary>
/// The bounds of the state machine. They are part of the protocol: every voter must refuse the same entry, so they are
/// constants, not options.
/// </summary>
public static class CoordinationLimits
{
    /// <summary>Sessions that have not ended.</summary>
    public const int SessionsMax = 20_000;

    /// <summary>Ended sessions that are still remembered, the newest ones.</summary>
    public const int EndedSessionsMax = 1_000;

    /// <summary>Elections that a session holds or waits for; bounds what one entry can vacate and announce.</summary>
    public const int ElectionsPerSessionMax = 256;

    /// <summary>Elections that are remembered.</summary>
    public const int ElectionsMax = 10_000;

    /// <summary>Sessions that wait in one election.</summary>
    public const int QueueMax = 256;

    /// <summary>Nodes that are remembered with their newest generation and fence.</summary>
    public const int NodesMax = 10_000;

    /// <summary>Observers whose evidence a fence keeps.</summary>
    public const int EvidenceMax = 64;

    public const int DefinitionsMax = 1_024;

    /// <summary>The JSON text of one definition, in UTF-8.</summary>
    public const int DefinitionBytesMax = 64 * 1024;

    /// <summary>Names, keys and identifiers, in UTF-8.</summary>
    public const int NameBytesMax = 128;

    /// <summary>A W3C trace context of version 00 has 55 characters.</summary>
    public const int TraceParentBytesMax = 64;

    /// <summary>Shards of the directory, which are named by two hex digits.</summary>
    public const int ShardsMax = 256;

    /// <summary>
    /// Losses of memory that are remembered of each shard, the newest ones: reported again, they have the floor they
    /// had.
    /// </summary>
    public const int LossesPerShardMax = 8;

    /// <summary>Tokens whose holder can still be asked for, the newest ones.</summary>
    public const int TokensMax = 65_536;

    /// <summary>
    /// Announcements that wait for the bus. Above it, those that a newer one of the same kind and subject makes
    /// worthless are dropped.
    /// </summary>
    public const int OutboxMax = 10_000;

    /// <summary>
    /// Answers that are remembered of a session, and of all, in case their requests are repeated. A client has fewer
    /// requests under way at once.
    /// </summary>
    public static readonly RequestLimits Requests = new()
    {
        AnswersPerClientMax = 32,
        BytesMax = 8 * 1024 * 1024,
        ClientsMax = SessionsMax + EndedSessionsMax,
    };

    /// <summary>An encoded command: the largest definition, its key and its stamp fit.</summary>
    public const int CommandBytesMax = DefinitionBytesMax + 4 * 1024;

    public static readonly TimeSpan TtlMin = TimeSpan.FromMilliseconds(500);

    public static readonly TimeSpan TtlMax = TimeSpan.FromMinutes(10);
}
