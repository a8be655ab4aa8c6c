using Holdfast.Contracts.Http;

namespace Holdfast.Directory;

/// <summary>A grain's record in the words of the wire.</summary>
public static class GrainRecordAnswer
{
    public static GrainOwnerAnswer Of(GrainRecord record) => new()
    {
        Grain = record.Grain.ToString(),
        Cluster = record.Cluster.Value,
        Holder = record.Holder?.ToString(),
        Epoch = record.Epoch.ToString(),
        Kind = record.Kind == GrainKind.Leased ? "leased" : "fenced",
        Released = record.Tombstone,
    };
}
