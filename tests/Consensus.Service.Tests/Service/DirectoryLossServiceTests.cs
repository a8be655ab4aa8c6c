using System.Net.Http.Json;
using System.Text.Json;
using System.Threading.RateLimiting;
using Holdfast.Consensus.Service.Http;
using Holdfast.Consensus.Service.Tests.Raft;
using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Tests.Service;

/// <summary>Losses of the directory's memory, over HTTP.</summary>
[Collection("voters on loopback")]
public sealed class DirectoryLossServiceTests
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";
    private const string Trace = $"00-{TraceId}-b7ad6b7169203331-01";

    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task A_loss_has_a_floor_above_every_token_and_is_announced_and_shown_by_every_voter()
    {
        await using var group = await ConsensusGroup.StartAsync(3);
        var session = (await group.Client.OpenSessionAsync(SessionServiceTests.Request("east"), None)).Demand();

        var loss = await ReportAsync(group, seq: 120, evidence: "seq", trace: Trace);

        Token.Parse(loss.Floor).ShouldBeGreaterThan(Token.Parse(session.Token));
        (loss.Shard, loss.Gen, loss.Seq, loss.Run, loss.Evidence).ShouldBe((7, "g1", 120UL, "r2", "seq"));
        var told = await group.Bus.SeeAsync(one => one is DirectoryMemoryLost).OrFailAsync("the loss is announced");
        var memory = (DirectoryMemoryLost)told.Event;
        (memory.Subject, memory.Shard, memory.Floor, memory.Evidence).ShouldBe(("shard/07", 7, loss.Floor, "seq"));
        memory.Sequence.ShouldStartWith(loss.Floor);
        told.TraceParent!.ShouldContain(TraceId);
        var advanced = (await group.Client.AdvanceSessionAsync(SessionId.Parse(session.Session), None)).Demand();
        Token.Parse(advanced.Token).ShouldBeGreaterThan(Token.Parse(loss.Floor));
        foreach (var name in group.Names)
        {
            await group.AppliedAsync(name, Token.Parse(advanced.Token).Index).OrFailAsync($"{name} has applied it");
            var snapshot = await group.Client.SnapshotAsync(None, new Uri(group.AddressOf(name)));
            snapshot.DirectoryLosses.ShouldHaveSingleItem().ShouldBe(loss);
        }
    }

    [Fact]
    public async Task Whoever_reports_the_same_memory_again_is_told_the_same_floor_also_by_the_next_leader()
    {
        await using var group = await ConsensusGroup.StartAsync(3);
        var session = SessionId.Parse(
            (await group.Client.OpenSessionAsync(SessionServiceTests.Request("east"), None)).Demand().Session);
        var first = await ReportAsync(group, seq: 120, by: session);

        await group.StopAsync(await group.LeaderAsync());
        await group.LeaderAsync();

        (await ReportAsync(group, seq: 120)).ShouldBe(first);
        (await ReportAsync(group, seq: 118, by: session)).ShouldBe(first);
        var next = await ReportAsync(group, seq: 3, gen: "g2");
        Token.Parse(next.Floor).ShouldBeGreaterThan(Token.Parse(first.Floor));
        (await group.Client.SnapshotAsync(None)).DirectoryLosses.ShouldHaveSingleItem().Gen.ShouldBe("g2");
        group.Bus.All.Count(one => one.Event is DirectoryMemoryLost { Floor: var floor } && floor == first.Floor)
            .ShouldBe(1);
    }

    [Fact]
    public async Task While_a_member_is_down_that_may_not_read_it_no_loss_is_taken()
    {
        await using var group = await ConsensusGroup.StartAsync(3);
        var leader = await group.LeaderAsync();
        await group.StopAsync(group.Names.First(name => name != leader));

        using var refused = await group.Http.PostAsJsonAsync(
            group.Url(leader, ConsensusRoutes.DirectoryLost), RequestOf("g1", 1, null), None);

        var problem = await refused.Content.ReadFromJsonAsync<JsonElement>();
        ((int)refused.StatusCode, problem.GetProperty("code").GetString()).ShouldBe((503, ProblemCodes.MembersTooOld));
        (await group.Client.SnapshotAsync(None)).DirectoryLosses.ShouldBeEmpty();
    }

    [Fact]
    public async Task Only_a_new_loss_at_the_leader_takes_a_place_among_those_that_are_written_in_a_second()
    {
        using var places = new TokenBucketRateLimiter(new TokenBucketRateLimiterOptions
        {
            TokenLimit = 100,
            TokensPerPeriod = 1,
            ReplenishmentPeriod = TimeSpan.FromDays(1),
            AutoReplenishment = false,
        });
        using var reports = new LossReports(places);
        await using var group = await ConsensusGroup.StartAsync(3, reports);
        var first = await ReportAsync(group, seq: 120);
        var leader = await group.LeaderAsync();

        var rest = (int)places.GetStatistics()!.CurrentAvailablePermits;
        using var taken = places.AttemptAcquire(rest);

        (await ReportAsync(group, seq: 118)).ShouldBe(first);
        (await SayAsync(group, leader, "g/1")).ShouldBe((400, ProblemCodes.InvalidRequest));
        (await SayAsync(group, group.Names.First(name => name != leader), "g2"))
            .ShouldBe((421, ProblemCodes.NotLeader));
        (await SayAsync(group, leader, "g2")).ShouldBe((429, ProblemCodes.RateLimited));
        (await group.Client.SnapshotAsync(None)).DirectoryLosses.ShouldHaveSingleItem().ShouldBe(first);
    }

    private static async Task<(int Status, string? Code)> SayAsync(ConsensusGroup group, string voter, string gen)
    {
        using var answer = await group.Http.PostAsJsonAsync(
            group.Url(voter, ConsensusRoutes.DirectoryLost), RequestOf(gen, 1, null), None);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return ((int)answer.StatusCode, problem.GetProperty("code").GetString());
    }

    private static async Task<DirectoryLossAnswer> ReportAsync(
        ConsensusGroup group,
        ulong seq,
        string gen = "g1",
        string? evidence = null,
        string? trace = null,
        SessionId? by = null) =>
        (await group.Client.ReportDirectoryLossAsync(RequestOf(gen, seq, evidence), trace, by, None)).Demand();

    private static DirectoryLostRequest RequestOf(string gen, ulong seq, string? evidence) => new()
    {
        Shard = 7,
        Gen = gen,
        Seq = seq,
        Run = "r2",
        Evidence = evidence,
    };
}
