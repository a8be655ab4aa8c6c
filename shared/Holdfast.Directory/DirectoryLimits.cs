namespace Holdfast.Directory;

/// <summary>The bounds of the directory.</summary>
public static class DirectoryLimits
{
    /// <summary>The most grains that one script changes or reads.</summary>
    public const int GrainsPerCallMax = 500;

    /// <summary>
    /// The most grains that one promotion moves, whatever it is asked for: a script does five things with each of them,
    /// and nobody else is served meanwhile.
    /// </summary>
    public const int GrainsPerPromotion = 250;

    /// <summary>The most clusters that one script counts.</summary>
    public const int ClustersPerCallMax = 500;

    /// <summary>The most slots that one script changes or reads.</summary>
    public const int SlotsPerCallMax = 500;

    /// <summary>
    /// The most grain types that a promotion may name: as many as Consensus has definitions at all
    /// (<c>CoordinationLimits.DefinitionsMax</c>), so that a caller never has to leave one out.
    /// </summary>
    public const int GrainTypesPerCallMax = 1_024;

    /// <summary>The usual number of shards.</summary>
    public const int ShardsDefault = 64;

    /// <summary>The most shards: they are named by two hex digits.</summary>
    public const int ShardsMax = 256;

    /// <summary>
    /// Outbox entries of the whole directory; a shard has its part. Beyond: <see cref="DirectoryStatus.OutboxFull"/>.
    /// </summary>
    public const int OutboxEntriesMax = 100_000;

    /// <summary>
    /// Where a page of the outbox ends, in UTF-8 bytes of payload: with the entry that reaches it. A page is published
    /// one event after another; more would only wait in memory.
    /// </summary>
    public const int OutboxPageBytesMax = 1 << 20;

    /// <summary>
    /// The most living sessions that a promotion may name: as many as Consensus has at all
    /// (<c>CoordinationLimits.SessionsMax</c>), so that a caller never has to leave one out.
    /// </summary>
    public const int LivingSessionsMax = 20_000;

    /// <summary>
    /// The longest time that a shard may be asked to keep what was promoted: the longest window of a brake.
    /// </summary>
    public static readonly TimeSpan PromotedKeptMax = TimeSpan.FromDays(1);
}

/// <summary>Why the directory is unavailable.</summary>
public enum DirectoryTrouble
{
    /// <summary>It did not answer in time, or in no way that was understood.</summary>
    NoAnswer,

    /// <summary>It does not take the password that it was given, or wants one and was given none.</summary>
    WrongPassword,

    /// <summary>Its access list does not let the user do this.</summary>
    NoPermission,

    /// <summary>It is a replica: nothing can be written there.</summary>
    ReadOnly,

    /// <summary>It has no memory left for what was to be written.</summary>
    OutOfMemory,

    /// <summary>Another program keeps something in the place of a key of the directory.</summary>
    Foreign,
}

/// <summary>
/// The directory did not answer within the deadline, or said something that an operator must see to. What was refused
/// changed nothing; what was not answered may have been carried out.
/// </summary>
public sealed class DirectoryUnavailableException(string what, Exception? inner = null)
    : Exception($"The grain directory is unavailable: {what}", inner)
{
    /// <summary>What is wrong.</summary>
    public DirectoryTrouble Trouble { get; init; }
}
