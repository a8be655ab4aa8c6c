using System.Buffers;
using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Storage;
using Holdfast.Contracts.Http;
using Holdfast.Hosting;

namespace Holdfast.Consensus.Service.Http;

/// <summary>
/// <c>GET /v1/backup</c>: everything that was acknowledged before the request, in one file, from any voter.
/// </summary>
internal static class BackupEndpoints
{
    public static void MapBackup(this IEndpointRouteBuilder app) =>
        app.MapGet(ConsensusRoutes.Backup, TakeAsync).RequireOperator();

    private static Task<IResult> TakeAsync(
        HttpContext context, LeaderGate gate, ConsensusOptions options, NodeOptions node, TimeProvider clock) =>
        gate.ReadAsync(context, state => Results.Bytes(
            Write(state, options, node, clock.GetUtcNow()),
            "application/octet-stream",
            $"consensus-{state.ConsensusGeneration}-{state.AppliedIndex}.backup"));

    private static byte[] Write(
        CoordinationState state, ConsensusOptions options, NodeOptions node, DateTimeOffset now)
    {
        // A generation that is configured and has minted nothing yet counts: the next entry may.
        var header = new BackupHeader
        {
            Group = options.Group,
            Node = node.Id,
            Generation = Math.Max(state.ConsensusGeneration, options.Generation),
            Index = state.AppliedIndex,
            Term = state.AppliedTerm,
            TakenAt = now,
        };
        var content = new ArrayBufferWriter<byte>();
        state.WriteTo(content);
        var file = new ArrayBufferWriter<byte>();
        new Backup(header, content.WrittenMemory).WriteTo(file);
        return file.WrittenSpan.ToArray();
    }
}
