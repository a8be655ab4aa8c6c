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

    public async Task<DeskOutcome> AbortAsync(string daemon, string reason, CancellationToken cancel) =>
        host.Find(daemon) is { } keeper ? Of(await keeper.AbortAsync(reason, cancel)) : Unknown(daemon);

    private static DeskOutcome Of(RequestAnswer answer) => new(answer.Code, answer.Detail, answer.Handoff);

    private DeskOutcome Unknown(string daemon) => new(
        ProblemCodes.NotFound,
        $"No daemon '{daemon}' is configured here; there are " +
        $"{string.Join(", ", host.All().Select(known => known.Name))}.",
        null);
}
