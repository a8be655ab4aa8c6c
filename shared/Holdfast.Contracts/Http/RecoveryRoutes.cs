namespace Holdfast.Contracts.Http;

/// <summary>The paths of Recovery's HTTP surface that programs call.</summary>
public static class RecoveryRoutes
{
    /// <summary>The groups, and the hosts of the cluster.</summary>
    public const string Groups = "/v1/groups";

    /// <summary>
    /// <c>POST</c> a <see cref="SlotHostSync"/>, answered with a <see cref="SlotHostAnswer"/>. An instance that does
    /// not act for its cluster now answers 421 <see cref="ProblemCodes.NotActing"/>.
    /// </summary>
    public static string Sync(string node) => $"/v1/hosts/{Uri.EscapeDataString(node)}/sync";

    /// <summary>The name of a session that was opened to host slots on a node.</summary>
    public static string SessionNameOf(string node) => $"slots on {node}";
}
