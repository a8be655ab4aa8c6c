using Holdfast.Cli.Calls;

namespace Holdfast.Cli.Status;

/// <summary>Every configured instance: whether it answers, and whether it can do its work.</summary>
internal static class ServiceRows
{
    public static IReadOnlyList<ServiceRow> Of(Findings findings) =>
    [
        .. findings.Voters.Select(asked => Of("consensus", asked)),
        .. findings.Agents.Select(asked => Of("gossip", asked)),
        .. findings.Failovers.Select(asked => Of("failover", asked)),
        .. findings.Recoveries.Select(asked => Of("recovery", asked)),
        .. findings.Supervisors.Select(asked => Of("handoff", asked)),
    ];

    private static ServiceRow Of<T>(string service, Asked<T> asked)
        where T : class => new()
        {
            Service = service,
            Address = asked.Address.ToString().TrimEnd('/'),
            Reached = asked.Readiness.Value is not null || asked.Answer.Value is not null,
            Ready = asked is { Readiness.Value.Ready: true, Answer.Value: not null },
            WaitsFor = asked.Readiness.Value?.WaitsFor ?? [],
            Warnings = asked.Readiness.Value?.Warnings ?? [],
            Problem = asked.Readiness.Failure ?? asked.Answer.Failure,
        };
}
