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
    private const int PieceBytes = 64 * 1024;

    public static void MapBackup(this IEndpointRouteBuilder app) =>
        app.MapGet(ConsensusRoutes.Backup, TakeAsync).RequireOperator();

    private static async Task TakeAsync(
        HttpContext context,
        LeaderGate gate,
        BackupTurn turn,
        ConsensusOptions options,
        NodeOptions node,
        TimeProvider clock)
    {
        if (!turn.TryTake())
        {
            await Problem.Answer(
                StatusCodes.Status409Conflict,
                ProblemCodes.BackupInProgress,
                "This voter is giving a backup already; ask again later, or another voter.").ExecuteAsync(context);
            return;
        }

        try
        {
            var answer = await gate.ReadAsync(context, state => Results.Stream(
                to => SendAsync(Take(state, options, node, clock.GetUtcNow()), to, context),
                "application/octet-stream",
                $"consensus-{state.ConsensusGeneration}-{state.AppliedIndex}.backup"));
            await answer.ExecuteAsync(context);
        }
        finally
        {
            turn.End();
        }
    }

    private static Backup Take(CoordinationState state, ConsensusOptions options, NodeOptions node, DateTimeOffset now)
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
        return new Backup(header, content.WrittenMemory);
    }

    /// <summary>In pieces, so that what waits for the network is not all of it once more.</summary>
    private static async Task SendAsync(Backup backup, Stream to, HttpContext context)
    {
        var header = new ArrayBufferWriter<byte>();
        backup.WriteHeaderTo(header);
        context.Response.ContentLength = header.WrittenCount + (long)backup.Content.Length;
        await to.WriteAsync(header.WrittenMemory, context.RequestAborted);
        for (var rest = backup.Content; !rest.IsEmpty; rest = rest[Math.Min(PieceBytes, rest.Length)..])
            await to.WriteAsync(rest[..Math.Min(PieceBytes, rest.Length)], context.RequestAborted);
    }
}

/// <summary>One backup at a time: each is a copy of the whole state, and a voter must have the memory.</summary>
internal sealed class BackupTurn
{
    private int _isTaken;

    /// <summary>False while another has it; who has it calls <see cref="End"/>.</summary>
    public bool TryTake() => Interlocked.Exchange(ref _isTaken, 1) == 0;

    public void End() => Volatile.Write(ref _isTaken, 0);
}
