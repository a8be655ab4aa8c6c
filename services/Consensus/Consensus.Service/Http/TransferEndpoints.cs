using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Contracts.Http;
using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Http;

/// <summary><c>POST /v1/transfer</c>: an operator moves Raft's leadership, before work on a machine.</summary>
internal static class TransferEndpoints
{
    public static void MapTransfer(this IEndpointRouteBuilder app) =>
        app.MapPost(ConsensusRoutes.Transfer, MoveAsync).RequireOperator();

    private static async Task<IResult> MoveAsync(
        HttpContext context, TransferRequest request, RaftHost raft, LeaderGate gate)
    {
        NodeId? to = request.To is { } name ? RequestRules.NodeOf("to", name) : null;

        // A repeated wish, whose first answer was lost, finds what it wanted.
        if (raft.Status is { Role: RaftRole.Leader } leads)
        {
            if (to == leads.Node || leads.Term.Value > request.FromTerm) return Moved(gate, leads.Node);
            if (leads.Term.Value < request.FromTerm) return gate.NotLeader(leader: null);
        }

        var outcome = await LeaderGate.WithinDeadlineAsync(
            context, cancel => raft.TransferLeadershipAsync(to, cancel));
        return outcome switch
        {
            TransferOutcome.Moved moved => Moved(gate, moved.Leader),
            TransferOutcome.NotLeader not => gate.NotLeader(not.Leader),
            TransferOutcome.Refused refused => Refused(refused),
            TransferOutcome.Overloaded => LeaderGate.Overloaded(),
            _ => Problem.Answer(
                StatusCodes.Status503ServiceUnavailable,
                ProblemCodes.ResultUnknown,
                "Leadership was given up, and no leader is known yet."),
        };
    }

    private static IResult Moved(LeaderGate gate, NodeId leader) => Results.Ok(
        new TransferAnswer { Leader = leader.Value, LeaderAddress = gate.AddressOf(leader) });

    private static IResult Refused(TransferOutcome.Refused refused) => refused.Stage switch
    {
        TransferStage.NoSuchVoter => Problem.Answer(
            StatusCodes.Status400BadRequest, ProblemCodes.InvalidRequest, $"to is '{refused.To}', which is no voter."),
        TransferStage.AnotherUnderWay => Problem.Answer(
            StatusCodes.Status409Conflict,
            ProblemCodes.TransferInProgress,
            $"Leadership is being handed to {refused.To} already."),
        TransferStage.Unreachable => Problem.Answer(
            StatusCodes.Status409Conflict,
            ProblemCodes.TransferFailed,
            refused.To is { } to
                ? $"Voter {to} has not answered lately; this voter leads on."
                : "No other voter has answered lately; this voter leads on."),
        _ => Problem.Answer(
            StatusCodes.Status409Conflict,
            ProblemCodes.TransferFailed,
            $"Voter {refused.To} did not take over in time; this voter leads on."),
    };
}
