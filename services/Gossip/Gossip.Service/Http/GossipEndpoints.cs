using Holdfast.Contracts.Http;
using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Gossip.Service;

/// <summary>The HTTP surface of an agent. Reading is open; a leave is a change and wants a bearer token.</summary>
internal static class GossipEndpoints
{
    private const int ReasonLengthMax = 200;

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/v1/members", (GossipAnswers answers) => Results.Ok(answers.Members()));
        app.MapGet("/v1/members/{node}", Member);
        app.MapPost("/v1/leave", LeaveAsync);
    }

    private static IResult Member(string node, GossipAnswers answers)
    {
        if (!NodeId.IsLegal(node))
            return Problem.Invalid($"'{node}' is not a node id: 1 to 128 characters of A-Z a-z 0-9 . _ - are wanted.");
        return answers.Member(new NodeId(node)) is { } member
            ? Results.Ok(member)
            : Problem.NotFound($"No peer '{node}' is known here.");
    }

    private static async Task<IResult> LeaveAsync(
        LeaveRequest? request, GossipAgent agent, GossipAnswers answers, CancellationToken cancel)
    {
        var reason = request?.Reason ?? "asked";
        if (reason.Length is 0 or > ReasonLengthMax)
            return Problem.Invalid($"The reason has {reason.Length} characters; 1 to {ReasonLengthMax} are wanted.");
        await agent.LeaveAsync(reason, cancel);
        return Results.Ok(answers.Self());
    }
}
