using Holdfast.Primitives;

namespace Holdfast.Directory.Http;

/// <summary>The names in <c>POST /v1/directory/{operation}</c>, and what goes along.</summary>
public static class DirectoryRoutes
{
    /// <summary>The folder of all operations.</summary>
    public const string Root = "/v1/directory/";

    /// <summary>The header with the number of shards that the caller believes in.</summary>
    public const string ShardsHeader = "Holdfast-Directory-Shards";

    /// <summary>The <c>code</c> of a problem answer when the number of shards is another.</summary>
    public const string WrongFormat = "wrongFormat";

    /// <summary>The <c>code</c> of a problem answer when the directory behind the server does not answer.</summary>
    public const string Unavailable = "directoryUnavailable";

    public const string Open = "open";
    public const string Describe = "describe";
    public const string Lookup = "lookup";
    public const string Claim = "claim";
    public const string Register = "register";
    public const string Release = "release";
    public const string List = "list";
    public const string InstallGrant = "install-grant";
    public const string Promote = "promote";
    public const string PutSlots = "put-slots";
    public const string Slots = "slots";
    public const string ReadOutbox = "read-outbox";
    public const string TrimOutbox = "trim-outbox";
    public const string History = "history";
    public const string Offer = "offer";
    public const string Accept = "accept";
    public const string Reopen = "reopen";
    public const string Confirm = "confirm";
    public const string CloseWindow = "close-window";
    public const string Reassert = "reassert";
    public const string Import = "import";
    public const string RaiseFloor = "raise-floor";
    public const string Erase = "erase";
    public const string Scan = "scan";
    public const string Count = "count";
}

public sealed record OpenShardRequest(int Shard, ElectionName Election, Token Token, Token Floor);

public sealed record DescribeShardRequest(int Shard);

public sealed record LookupRequest(IReadOnlyList<GrainId> Grains);

public sealed record ClaimRequest(
    IReadOnlyList<GrainClaim> Grains, ClusterId Cluster, SessionId Session, Token Token);

public sealed record RegisterRequest(GrainId Grain, ClusterId Cluster, ulong Number);

public sealed record ReleaseRequest(IReadOnlyList<HeldGrain> Grains, SessionId Session);

public sealed record ListRequest(int Shard, ClusterId Cluster, string? Cursor);

public sealed record InstallGrantRequest(int Shard, ElectionName Election, Token Token);

public sealed record SlotsRequest(GroupId Group, int First);

public sealed record ReadOutboxRequest(int Shard, ulong After, int EntriesMax);

public sealed record TrimOutboxRequest(int Shard, ElectionName Election, Token Token, ulong UpTo);

public sealed record HistoryRequest(GrainId Grain, int EntriesMax);

public sealed record OfferRequest(IReadOnlyList<HeldGrain> Grains, SessionId Session, ClusterId? To);

public sealed record AcceptRequest(
    IReadOnlyList<GrainId> Grains, ClusterId Cluster, SessionId Session, Token Token);

public sealed record ConfirmShardRequest(int Shard, ElectionName Election, Token Token, ShardVersion Known);

public sealed record CloseWindowRequest(int Shard, ElectionName Election, Token Token, Token Opened);

public sealed record ReassertRequest(
    IReadOnlyList<HeldGrain> Grains, ClusterId Cluster, SessionId Session, Token Token);

public sealed record ImportRequest(IReadOnlyList<GrainRecord> Records, ElectionName Election, Token Token);

public sealed record RaiseFloorRequest(int Shard, ElectionName Election, Token Token, Token Floor);

public sealed record EraseRequest(int Shard, ElectionName Election, Token Token, string? Cursor);

public sealed record ScanRequest(int Shard, string? Cursor);

public sealed record CountRequest(int Shard, IReadOnlyList<ClusterId> Clusters);
