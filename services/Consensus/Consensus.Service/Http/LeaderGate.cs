using System.Diagnostics;
using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Service.Coordination;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Contracts.Http;
using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Http;

/// <summary>
/// What every request that wants the leader goes through: a change becomes an entry, a read waits until a majority has
/// confirmed that nothing newer exists. Anything else has its named answer.
/// </summary>
internal sealed class LeaderGate(
    RaftHost raft, CoordinationMachine machine, CoordinationLog log)
{
    /// <summary>Without a majority nothing can be known; clients have shorter deadlines of their own.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    /// <summary>Whether this voter leads, as far as it knows.</summary>
    public bool Leads => raft.Status is { } status && status.Leader == status.Node;

    /// <summary>
    /// Proposes, and answers what the entry did, or why there is none. A request that its sender marked is carried out
    /// once (<see cref="ConsensusRoutes.RequestHeader"/>).
    /// </summary>
    /// <exception cref="BadHttpRequestException">The mark is illegal.</exception>
    public async Task<IResult> ChangeAsync(
        HttpContext context, CoordinationCommand command, Func<CoordinationAnswer, IResult> answer)
    {
        var request = RequestRules.MarkOf(context.Request.Headers[ConsensusRoutes.RequestHeader], command);
        using var span = Telemetry.Start(command);
        var outcome = await WithinDeadlineAsync(
            context, cancel => log.ProposeAsync(command, TraceOf(context), cancel, request));
        if (outcome is ProposeOutcome.Applied { Result: CoordinationAnswer { IsRepeated: true } })
        {
            span?.SetTag("holdfast.repeated", true);
            context.Response.Headers[ConsensusRoutes.RequestHeader] = ConsensusRoutes.RequestRepeated;
        }

        switch (outcome)
        {
            case ProposeOutcome.Applied { Result: CoordinationAnswer.Refused refused }:
                span?.SetTag("holdfast.refusal", Words.Of(refused.Code));
                return Refusals.Answer(refused);
            case ProposeOutcome.Applied { Result: CoordinationAnswer done } applied:
                span?.SetTag("holdfast.index", applied.Index);
                return answer(done);
            default:
                span?.SetStatus(ActivityStatusCode.Error, outcome?.GetType().Name ?? "no answer in time");
                return NotApplied(outcome);
        }
    }

    /// <summary>
    /// Answers from the state, leader or not, once it holds everything that was acknowledged before the request.
    /// </summary>
    public async Task<IResult> ReadAsync(HttpContext context, Func<CoordinationState, IResult> answer)
    {
        var confirmed = await WithinDeadlineAsync<object>(
            context, async cancel => await raft.ConfirmReadAsync(cancel));
        return confirmed is true ? answer(machine.Current) : NotConfirmed();
    }

    /// <summary>The same for what only the leader goes on with.</summary>
    public async Task<IResult> ReadAtLeaderAsync(HttpContext context, Func<CoordinationState, IResult> answer) =>
        await ConfirmAsync(context) ?? answer(machine.Current);

    /// <summary>Null when a majority follows this voter; otherwise the answer that says so.</summary>
    public async Task<IResult?> ConfirmAsync(HttpContext context)
    {
        var confirmed = await WithinDeadlineAsync<object>(
            context, async cancel => await raft.ConfirmLeadershipAsync(cancel));
        return confirmed is true ? null : NotConfirmed();
    }

    /// <summary>The answer of a voter that could not confirm that it leads.</summary>
    public IResult NotConfirmed() => Leads
        ? Problem.Answer(
            StatusCodes.Status503ServiceUnavailable,
            ProblemCodes.NoQuorum,
            "No majority of the voters confirmed this leader; ask again.")
        : NotLeader(raft.Status.Leader);

    /// <summary>The trace to put into the log: the request's own span, or what its sender named.</summary>
    public static string? TraceOf(HttpContext context) =>
        Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity
            ? activity.Id
            : context.Request.Headers.TraceParent.ToString() is { Length: > 0 } header ? header : null;

    /// <summary>Where a voter serves HTTP; null for nobody and for strangers.</summary>
    public string? AddressOf(NodeId? voter) =>
        voter is { } node && raft.Status.Members.Find(node)?.HttpAddress is { Length: > 0 } address ? address : null;

    /// <summary>Null when there was no answer within the deadline, or nobody waits for it any more.</summary>
    public static async Task<T?> WithinDeadlineAsync<T>(HttpContext context, Func<CancellationToken, Task<T>> ask)
        where T : class
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        deadline.CancelAfter(Deadline);
        try
        {
            return await ask(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private IResult NotApplied(ProposeOutcome? outcome) => outcome switch
    {
        ProposeOutcome.NotLeader not => NotLeader(not.Leader),
        ProposeOutcome.Overloaded => Overloaded(),
        ProposeOutcome.Moving moving => Problem.Answer(
            StatusCodes.Status503ServiceUnavailable,
            ProblemCodes.LeaderMoving,
            $"Leadership is being handed to {moving.To}; nothing was changed. Ask again."),
        ProposeOutcome.NotReadByAll => Problem.Answer(
            StatusCodes.Status503ServiceUnavailable,
            ProblemCodes.MembersTooOld,
            "A member of the group cannot be reached or has a program that does not read this yet; nothing was " +
            "changed. Ask again when all members are upgraded and up."),
        ProposeOutcome.TooLarge large => Problem.Answer(
            StatusCodes.Status413PayloadTooLarge,
            ProblemCodes.TooLarge,
            $"The command has {large.Bytes} bytes; at most {large.BytesMax} are taken."),
        _ => Problem.Answer(
            StatusCodes.Status503ServiceUnavailable,
            ProblemCodes.ResultUnknown,
            "The entry was not known to be committed in time; it may be or not. Ask, or repeat."),
    };

    /// <summary>The answer of a voter that has too much to do.</summary>
    public static IResult Overloaded() => Problem.Answer(
        StatusCodes.Status503ServiceUnavailable,
        ProblemCodes.Overloaded,
        "Too much waits at this voter; nothing was changed. Ask again later.");

    public IResult NotLeader(NodeId? leader) => Problem.Answer(
        StatusCodes.Status421MisdirectedRequest,
        ProblemCodes.NotLeader,
        leader is null ? "No leader is known to this voter; ask again." : $"Voter {leader} leads; ask it.",
        ("leader", AddressOf(leader)));
}
