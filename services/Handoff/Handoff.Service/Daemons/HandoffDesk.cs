using Holdfast.Contracts.Http;
using Holdfast.Handoff.Protocol.Supervision;
using Holdfast.Handoff.Wire;

namespace Holdfast.Handoff.Service.Daemons;

/// <summary>What became of a wish.</summary>
/// <param name="Code">Null where it is carried out, else a stable word.</param>
/// <param name="Detail">In words, with what would be legal.</param>
/// <param name="Handoff">The handoff that is meant.</param>
internal sealed record DeskOutcome(string? Code, string Detail, HandoffId? Handoff);

/// <summary>Takes the wishes for handoffs and aborts, whichever way they come.</summary>
internal sealed class HandoffDesk(DaemonHost host)
{
    private const int ReasonLengthMax = 200;

    public async Task<DeskOutcome> HandOverAsync(string daemon, string build, Guid id, CancellationToken cancel)
    {
        if (host.Find(daemon) is not { } keeper) return Unknown(daemon);
        if (!BuildName.IsLegal(build) || !keeper.Has(new BuildName(build)))
        {
            return new DeskOutcome(
                ProblemCodes.InvalidRequest,
                $"'{build}' is no build of {daemon}; one of {string.Join(", ", keeper.Builds())} is wanted.",
                null);
        }

        return Of(await keeper.HandOverAsync(new HandoffId(id), new BuildName(build), cancel));
    }

    /// <summary>The reason goes into the journal, over the wire and into events, so it has a bound.</summary>
    public async Task<DeskOutcome> AbortAsync(string daemon, string reason, CancellationToken cancel)
    {
        if (reason.Length is 0 or > ReasonLengthMax)
        {
            return new DeskOutcome(
                ProblemCodes.InvalidRequest,
                $"The reason has {reason.Length} characters; 1 to {ReasonLengthMax} are wanted.",
                null);
        }

        return host.Find(daemon) is { } keeper ? Of(await keeper.AbortAsync(reason, cancel)) : Unknown(daemon);
    }

    private static DeskOutcome Of(RequestAnswer answer) => new(answer.Code, answer.Detail, answer.Handoff);

    private DeskOutcome Unknown(string daemon) => new(
        ProblemCodes.NotFound,
        $"No daemon '{daemon}' is configured here; there are " +
        $"{string.Join(", ", host.All().Select(known => known.Name))}.",
        null);
}
