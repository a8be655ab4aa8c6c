using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Contracts.Http;
using Holdfast.Hosting;

namespace Holdfast.Consensus.Service.Http;

/// <summary><c>/v1/config</c>, <c>POST /v1/snapshot</c>: what an operator does to one voter.</summary>
internal static class ConfigEndpoints
{
    public static void MapConfig(this IEndpointRouteBuilder app)
    {
        app.MapGet(ConsensusRoutes.Config, (RaftHost raft, Tuning tuning, ConsensusOptions options) =>
            Results.Ok(AnswerOf(raft, tuning, options)));
        app.MapPut(ConsensusRoutes.Config, ChangeAsync).RequireOperator();
    }

    public static void MapSnapshots(this IEndpointRouteBuilder app) =>
        app.MapPost(ConsensusRoutes.TakeSnapshot, TakeSnapshotAsync).RequireOperator();

    private static async Task<IResult> ChangeAsync(
        HttpContext context, ConfigRequest request, RaftHost raft, Tuning tuning, ConsensusOptions options)
    {
        if (request == new ConfigRequest()) return Problem.Invalid("The request names no setting to change.");
        var outcome = await LeaderGate.WithinDeadlineAsync(
            context, cancel => tuning.ApplyAsync("PUT /v1/config", settings => settings.With(request), cancel));
        return outcome switch
        {
            TuningOutcome.InForce => Results.Ok(AnswerOf(raft, tuning, options)),
            TuningOutcome.Illegal illegal => Problem.Invalid(string.Join(' ', illegal.Problems)),
            TuningOutcome.Unsafe unsafely => Problem.Answer(
                StatusCodes.Status409Conflict, ProblemCodes.UnsafeSetting, unsafely.Reason),
            TuningOutcome.Stopped => Problem.Answer(
                StatusCodes.Status503ServiceUnavailable,
                ProblemCodes.Overloaded,
                "This voter stops or has too much to do; nothing was changed."),
            _ => Problem.Answer(
                StatusCodes.Status503ServiceUnavailable,
                ProblemCodes.ResultUnknown,
                "The settings were not known to be in force in time; they may be or not. Ask for them."),
        };
    }

    private static async Task<IResult> TakeSnapshotAsync(HttpContext context, RaftHost raft)
    {
        var outcome = await LeaderGate.WithinDeadlineAsync(context, raft.TakeSnapshotAsync);
        return outcome switch
        {
            SnapshotOutcome.Taken taken => Results.Ok(new SnapshotTakenAnswer
            {
                Node = raft.Options.Node.Value,
                Index = taken.Snapshot.Index.Value,
                Term = taken.Snapshot.Term.Value,
                Bytes = taken.Snapshot.Bytes,
            }),
            SnapshotOutcome.Refused refused => Refused(refused.Reason, raft.Status),
            _ => Problem.Answer(
                StatusCodes.Status503ServiceUnavailable,
                ProblemCodes.ResultUnknown,
                "The snapshot was not known to be durable in time; it may be or not. /v1/status has its index."),
        };
    }

    private static IResult Refused(SnapshotRefusal reason, RaftStatus status) => reason switch
    {
        SnapshotRefusal.UnderWay => Problem.Answer(
            StatusCodes.Status409Conflict, ProblemCodes.SnapshotInProgress, "A snapshot is being taken."),
        SnapshotRefusal.BeingSent => Problem.Answer(
            StatusCodes.Status409Conflict,
            ProblemCodes.SnapshotBeingSent,
            $"The snapshot up to {status.SnapshotIndex} is on its way to a voter that needs it."),
        _ => Problem.Answer(
            StatusCodes.Status409Conflict,
            ProblemCodes.NothingNew,
            $"Nothing was applied since the snapshot up to {status.SnapshotIndex}."),
    };

    private static ConfigAnswer AnswerOf(RaftHost raft, Tuning tuning, ConsensusOptions options)
    {
        var status = raft.Status;
        return new ConfigAnswer
        {
            Node = status.Node.Value,
            Hot = tuning.Current.ToAnswer(),
            Configured = tuning.Configured.ToAnswer(),
            ElectionTimeoutMin = status.ElectionTimeoutMin,
            ElectionTimeoutMax = status.ElectionTimeoutMax,
            Fixed = new FixedConfig
            {
                Group = options.Group,
                Generation = options.Generation,
                ElectionTimeoutMin = options.ElectionTimeoutMin,
                ElectionTimeoutMax = options.ElectionTimeoutMax,
                ElectionHints = options.ElectionHints,
                LeaseReads = options.LeaseReads,
                ClockDriftMax = options.ClockDriftMax,
            },
        };
    }
}
