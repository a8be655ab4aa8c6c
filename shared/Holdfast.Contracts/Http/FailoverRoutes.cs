namespace Holdfast.Contracts.Http;

/// <summary>Paths of Failover's HTTP surface.</summary>
public static class FailoverRoutes
{
    /// <summary>How it sees the clusters it watches.</summary>
    public const string Clusters = "/v1/clusters";

    /// <summary>Pauses automatic failover.</summary>
    public const string Pause = "/v1/pause";

    /// <summary>Ends a pause.</summary>
    public const string Resume = "/v1/resume";

    /// <summary>
    /// <c>GET</c>: <see cref="FailoverPlanAnswer"/>, what would be promoted where. <c>?from=east</c> plans for one
    /// cluster, as if it were unreachable now.
    /// </summary>
    public const string Plan = "/v1/plan";

    /// <summary>
    /// <c>POST</c> a <see cref="ForceRequest"/>, answered with a <see cref="ForceAnswer"/>; for operators only.
    /// </summary>
    public const string Force = "/v1/force";

    /// <summary>
    /// <c>POST</c> a <see cref="GrainTransferRequest"/>, answered with a <see cref="GrainTransferAnswer"/>; for
    /// operators only.
    /// </summary>
    public const string Transfers = "/v1/transfers";

    /// <summary><c>GET</c>: <see cref="GrainTransferAnswer"/>, its progress.</summary>
    public static string Transfer(string id) => $"{Transfers}/{Uri.EscapeDataString(id)}";

    /// <summary>Who owns a grain.</summary>
    public static string Grain(string type, string key) => $"/v1/grains/{Of(type, key)}";

    /// <summary>What happened to it.</summary>
    public static string History(string type, string key) => $"/v1/history/{Of(type, key)}";

    // The key is the rest of the path, slashes and all.
    private static string Of(string type, string key) =>
        $"{type}/{string.Join('/', key.Split('/').Select(Uri.EscapeDataString))}";
}
