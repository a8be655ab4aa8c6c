using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Holdfast.Contracts.Http;

namespace Holdfast.Consensus.Service.Tests.Service;

public sealed class MembersServiceTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task An_operator_adds_a_learner_and_takes_it_away_and_is_refused_by_name()
    {
        await using var group = await ConsensusGroup.StartAsync(3);
        var leader = await group.LeaderAsync();
        var newcomer = new MemberRequest
        {
            Node = "v4",
            Domain = "domain3",
            RaftAddress = "127.0.0.1:1",
            HttpAddress = "http://127.0.0.1:2",
        };

        using var put = await PostAsync(group, leader, new MembersRequest { Put = [newcomer] });
        put.StatusCode.ShouldBe(HttpStatusCode.OK);
        var answer = (await put.Content.ReadFromJsonAsync<MembersAnswer>(None))!;
        answer.Version.ShouldBe(1UL);
        var added = answer.Members.Single(member => member.Node == "v4");
        (added.Standing, added.Domain, added.RaftAddress).ShouldBe(("learner", "domain3", "127.0.0.1:1"));

        var refusals = new (MembersRequest Request, HttpStatusCode Status, string Code)[]
        {
            (new() { Promote = ["v4"] }, HttpStatusCode.Conflict, "evenVoters"),
            (new() { Promote = ["v4"], AcceptEvenVoters = true }, HttpStatusCode.Conflict, "learnerNotCaughtUp"),
            (new() { Remove = ["v1", "v2", "v3"] }, HttpStatusCode.Conflict, "lastVoter"),
            (new() { Remove = ["v9"] }, HttpStatusCode.NotFound, "unknownMember"),
            (new() { Remove = ["v4"], OnlyAtVersion = 7 }, HttpStatusCode.Conflict, "otherVersion"),
            (new() { Put = [newcomer with { RaftAddress = "nowhere" }] }, HttpStatusCode.BadRequest, "invalidRequest"),
            (new() { Put = [newcomer with { RaftAddress = "10.9.9.9:1" }] }, HttpStatusCode.BadRequest,
                "invalidRequest"),
        };
        foreach (var (request, status, code) in refusals)
        {
            using var refused = await PostAsync(group, leader, request);
            var problem = await refused.Content.ReadFromJsonAsync<JsonElement>(None);
            (refused.StatusCode, problem.GetProperty("code").GetString()).ShouldBe((status, code));
        }

        using var elsewhere = await PostAsync(
            group, group.Names.First(name => name != leader), new MembersRequest { Remove = ["v4"] });
        elsewhere.StatusCode.ShouldBe(HttpStatusCode.MisdirectedRequest);

        using var removed = await PostAsync(group, leader, new MembersRequest { Remove = ["v4"], OnlyAtVersion = 1 });
        removed.StatusCode.ShouldBe(HttpStatusCode.OK);
        var members = await group.Http.GetFromJsonAsync<VoterAnswer[]>(
            group.Url(leader, ConsensusRoutes.Members), None);
        members!.Select(member => (member.Node, member.Standing))
            .ShouldBe([("v1", "voter"), ("v2", "voter"), ("v3", "voter")]);
    }

    private static Task<HttpResponseMessage> PostAsync(ConsensusGroup group, string to, MembersRequest request) =>
        group.Http.PostAsJsonAsync(group.Url(to, ConsensusRoutes.Members), request, None);
}
