using System.Collections.Immutable;
using Holdfast.Client;
using Holdfast.Contracts.Http;
using Holdfast.Failover.Protocol;
using Holdfast.Failover.Service.Consensus;
using Holdfast.Failover.Service.Directory;
using Holdfast.Failover.Service.Loop;
using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Events;

/// <summary>
/// Takes operators' orders: a definition in Consensus, which the Failover of the cluster that is to take over follows
/// and tells with <c>FailoverForced</c>.
/// </summary>
internal sealed class ForceDesk(
    ConsensusClient consensus,
    FailoverLoop loop,
    FailoverMailbox mailbox,
    OwnerCounts counts,
    TimeProvider time,
    ILogger<ForceDesk> logger)
{
    private const int WordsLengthMax = 512;

    public async Task<IResult> OrderAsync(ForceRequest request, CancellationToken cancel)
    {
        var view = loop.View;
        var to = request.To ?? view.Cluster.Value;
        if (Invalid(request, to) is { } problem) return Problem.Invalid(problem);
        var from = new ClusterId(request.From);
        if (Refusal(view, loop.Plan(from), from, new ClusterId(to)) is { } refusal) return refusal;
        try
        {
            // Begun before the order is written, or it might be carried out before anything is counted. The order does
            // not wait for it, and stands whatever the directory says: it is wanted most while a part of it is down.
            var counting = counts.KnownAsync([from], cancel);
            var text = new ForceText(to, request.Operator, request.Reason, time.GetUtcNow().UtcDateTime);
            var outcome = await consensus.PutDefinitionAsync(ForceText.KeyOf(from), text.Write(), cancel);
            if (outcome.Refusal is { } refused)
                return Problem.Answer(StatusCodes.Status409Conflict, refused.Code, refused.Detail);
            mailbox.Hint();
            Log.ForceOrdered(logger, request.From, to, request.Operator ?? "nobody named", request.Reason);

            var token = outcome.Demand().Token;
            var known = await counting;
            return Results.Ok(new ForceAnswer(
                request.From, to, token, known.ShardsSilent == 0 ? known.Grains[from] : null));
        }
        catch (ConsensusUnavailableException away)
        {
            return Problem.Answer(
                StatusCodes.Status503ServiceUnavailable,
                ProblemCodes.NoQuorum,
                $"The order may or may not have been written: {away.Message} Ask again; it is harmless twice.");
        }
    }

    private static IResult? Refusal(
        FailoverView view, ImmutableArray<FailoverPlan> plans, ClusterId from, ClusterId to)
    {
        if (view.World is not { } world)
        {
            return Problem.Answer(
                StatusCodes.Status503ServiceUnavailable,
                ProblemCodes.NoQuorum,
                "Consensus has not told yet who is alive; ask again.");
        }

        if (plans is not [{ Incident: not null } or { Refused: RefusalReason.NobodyKnown }])
        {
            return Problem.Answer(
                StatusCodes.Status409Conflict,
                ProblemCodes.ClusterAlive,
                $"{from} is not unreachable. Fence its nodes first (POST /v1/fence of Consensus, cause operator), or " +
                "ask its owners for their grains (POST /v1/transfers).");
        }

        return world.Holders.Contains(to)
            ? null
            : Problem.Answer(
                StatusCodes.Status409Conflict,
                ProblemCodes.NoLiveCluster,
                $"No Failover of {to} holds its election, so nobody would follow the order.");
    }

    private static string? Invalid(ForceRequest request, string to)
    {
        if (!ClusterId.IsLegal(request.From) || !ClusterId.IsLegal(to))
        {
            return $"'{request.From}' to '{to}': two cluster ids of 1 to 128 characters of A-Z a-z 0-9 . _ - are " +
                "wanted.";
        }

        if (request.From == to) return $"'{to}' cannot take over from itself.";
        return request.Reason is not { Length: > 0 and <= WordsLengthMax } || request.Operator?.Length > WordsLengthMax
            ? $"A reason of 1 to {WordsLengthMax} characters is wanted, and an operator of at most as many."
            : null;
    }
}
