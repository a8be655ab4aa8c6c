using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Contracts.Http;
using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Http;

/// <summary>The refusals of the log as answers: one status and one stable code each.</summary>
internal static class Refusals
{
    public static IResult Answer(CoordinationAnswer.Refused refused) => Answer(refused.Code, refused.Detail);

    public static IResult Answer(RefusalCode code, string detail)
    {
        var (status, name) = Of(code);
        return Problem.Answer(status, name, detail);
    }

    public static (int Status, string Code) Of(RefusalCode code) => code switch
    {
        RefusalCode.UnknownSession => (StatusCodes.Status404NotFound, ProblemCodes.SessionUnknown),
        RefusalCode.SessionRevoked => (StatusCodes.Status409Conflict, ProblemCodes.SessionRevoked),
        RefusalCode.SessionEnded => (StatusCodes.Status410Gone, ProblemCodes.SessionEnded),
        RefusalCode.GenerationFenced => (StatusCodes.Status409Conflict, ProblemCodes.NodeFenced),
        RefusalCode.NodeInOtherCluster => (StatusCodes.Status409Conflict, ProblemCodes.NodeInOtherCluster),
        RefusalCode.NotHolder => (StatusCodes.Status409Conflict, ProblemCodes.NotHolder),
        RefusalCode.DefinitionExists => (StatusCodes.Status409Conflict, ProblemCodes.AlreadyExists),
        RefusalCode.UnknownDefinition => (StatusCodes.Status404NotFound, ProblemCodes.NotFound),
        RefusalCode.RequestForgotten => (StatusCodes.Status409Conflict, ProblemCodes.RequestForgotten),
        RefusalCode.RequestReused => (StatusCodes.Status409Conflict, ProblemCodes.RequestReused),
        RefusalCode.DefinitionTooLarge => (StatusCodes.Status413PayloadTooLarge, ProblemCodes.TooLarge),
        RefusalCode.AgentWithoutNode or RefusalCode.IllegalTtl or RefusalCode.ReservedElection or
            RefusalCode.TooMuchEvidence => (StatusCodes.Status400BadRequest, ProblemCodes.InvalidRequest),
        RefusalCode.TooManySessions or RefusalCode.TooManyElections or RefusalCode.TooManyNodes or
            RefusalCode.TooManyDefinitions or RefusalCode.QueueFull =>
            (StatusCodes.Status409Conflict, ProblemCodes.LimitReached),
        _ => throw new InvariantViolatedException($"{code} has no answer"),
    };
}
