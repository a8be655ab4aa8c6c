using System.Text.Json;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Contracts.Http;
using Holdfast.Hosting;

namespace Holdfast.Consensus.Service.Http;

/// <summary><c>POST /v1/members</c>: an operator adds, promotes and removes members of the group of voters.</summary>
internal static class MemberEndpoints
{
    public static void MapMembers(this IEndpointRouteBuilder app) =>
        app.MapPost(ConsensusRoutes.Members, ChangeAsync).RequireOperator();

    private static async Task<IResult> ChangeAsync(
        HttpContext context, MembersRequest request, RaftHost raft, LeaderGate gate, LocalView view)
    {
        var change = Read(request, raft.Options);
        var outcome = await LeaderGate.WithinDeadlineAsync(
            context, cancel => raft.ChangeMembersAsync(change, cancel));
        return outcome switch
        {
            MembershipOutcome.Done done => Results.Ok(
                new MembersAnswer { Version = done.Members.Version, Members = view.Members() }),
            MembershipOutcome.NotLeader not => gate.NotLeader(not.Leader),
            MembershipOutcome.Overloaded => LeaderGate.Overloaded(),
            MembershipOutcome.Refused refused => Problem.Answer(
                StatusOf(refused.Reason), CodeOf(refused.Reason), refused.Detail),
            _ => Problem.Answer(
                StatusCodes.Status503ServiceUnavailable,
                ProblemCodes.ResultUnknown,
                "The change was not known to be complete in time; it may be or not. Ask for the members."),
        };
    }

    /// <summary>The reason's own name is the code: each says by itself what to do.</summary>
    private static string CodeOf(MembershipRefusal reason) => JsonNamingPolicy.CamelCase.ConvertName(reason.ToString());

    private static int StatusOf(MembershipRefusal reason) => reason switch
    {
        MembershipRefusal.LeaderNotReady => StatusCodes.Status503ServiceUnavailable,
        MembershipRefusal.UnknownMember => StatusCodes.Status404NotFound,
        MembershipRefusal.Contradiction => StatusCodes.Status400BadRequest,
        _ => StatusCodes.Status409Conflict,
    };

    /// <exception cref="BadHttpRequestException">A field is illegal.</exception>
    private static MembershipChange Read(MembersRequest request, RaftHostOptions options) => new()
    {
        Put = [.. (request.Put ?? []).Select((member, at) => Read(member, $"put[{at}]", options))],
        Promote = [.. (request.Promote ?? []).Select(static name => RequestRules.NodeOf("promote", name))],
        Remove = [.. (request.Remove ?? []).Select(static name => RequestRules.NodeOf("remove", name))],
        AcceptsEvenVoters = request.AcceptEvenVoters,
        AcceptsUnsafeDomains = request.AcceptUnsafeDomains,
        OnlyAtVersion = request.OnlyAtVersion,
    };

    private static Member Read(MemberRequest? member, string path, RaftHostOptions options)
    {
        Demand(member is not null, $"{path} is null.");
        Demand(
            member!.Domain is { Length: >= 1 and <= 128 },
            $"{path}.domain is '{member.Domain}'; 1 to 128 characters are wanted.");
        var raft = ConsensusRules.HostAndPort(member.RaftAddress ?? "");
        Demand(raft is not null, $"{path}.raftAddress is '{member.RaftAddress}'; a host and a port are wanted.");
        Demand(
            !options.Secret.IsEmpty || RaftHostOptions.IsLoopback(raft!.Value.Host),
            $"{path}.raftAddress is '{member.RaftAddress}'; a loopback address is wanted where " +
            "Consensus:SecretFile is missing.");
        Demand(
            Uri.TryCreate(member.HttpAddress, UriKind.Absolute, out var http) && http.Scheme is "http" or "https",
            $"{path}.httpAddress is '{member.HttpAddress}'; an http or https URL is wanted.");
        return new Member(
            RequestRules.NodeOf($"{path}.node", member.Node ?? ""),
            member.Domain!,
            member.RaftAddress!,
            http!.ToString().TrimEnd('/'));
    }

    private static void Demand(bool legal, string detail)
    {
        if (!legal) throw new BadHttpRequestException(detail);
    }
}
