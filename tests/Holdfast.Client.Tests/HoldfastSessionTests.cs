using Holdfast.Contracts.Http;
using Holdfast.Primitives;

namespace Holdfast.Client.Tests;

public sealed class HoldfastSessionTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_acknowledged_keep_alive_prolongs_the_lease_from_when_it_was_sent()
    {
        await using var cluster = await PaperCluster.StartAsync();
        await using var session = await cluster.OpenAsync();
        session.LeaseEndsAt.ShouldBe(At(4_850));

        cluster.Clock.Advance(TimeSpan.FromSeconds(2));
        await cluster.KeepAliveAsync();

        session.LeaseEndsAt.ShouldBe(At(6_850));
        session.IsAlive().ShouldBeTrue();
    }

    [Fact]
    public async Task While_nobody_answers_the_lease_lapses_and_an_acknowledgement_brings_it_back()
    {
        await using var cluster = await PaperCluster.StartAsync();
        await using var session = await cluster.OpenAsync();

        cluster.Consensus.Away = true;
        await cluster.KeepAliveAsync();
        cluster.Clock.Advance(TimeSpan.FromSeconds(5));
        session.IsAlive().ShouldBeFalse();
        session.Lost.IsCancellationRequested.ShouldBeFalse();

        cluster.Consensus.Away = false;
        // Unanswered keep-alives that were sent before the clock moved do not count, later ones do.
        while (!session.IsAlive()) await cluster.KeepAliveAsync();
    }

    [Theory]
    [InlineData(ProblemCodes.SessionRevoked, ConsensusRefusalReason.SessionRevoked)]
    [InlineData(ProblemCodes.SessionEnded, ConsensusRefusalReason.SessionEnded)]
    [InlineData(ProblemCodes.SessionUnknown, ConsensusRefusalReason.SessionUnknown)]
    public async Task A_session_that_is_over_is_lost_for_good(string code, ConsensusRefusalReason reason)
    {
        await using var cluster = await PaperCluster.StartAsync();
        await using var session = await cluster.OpenAsync();

        cluster.Consensus.SessionOver = code;
        var loss = await Await.Within10Seconds(session.LostReason, "the loss of the session");

        loss.Reason.ShouldBe(reason);
        session.IsAlive().ShouldBeFalse();
        await Await.Cancelled("the cancellation of Lost", session.Lost);
        await Should.ThrowAsync<SessionLostException>(session.AdvanceAsync(Cancel));
    }

    [Fact]
    public async Task Advancing_mints_a_higher_token_and_the_id_stays()
    {
        await using var cluster = await PaperCluster.StartAsync();
        await using var session = await cluster.OpenAsync();
        var before = session.Token;

        var advanced = await session.AdvanceAsync(Cancel);

        advanced.ShouldBeGreaterThan(before);
        session.Token.ShouldBe(advanced);
        session.Id.ToString().ShouldBe(PaperConsensus.Session);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Whoever_wants_a_newer_token_while_another_does_shares_its_advance_and_its_end(bool isGranted)
    {
        await using var cluster = await PaperCluster.StartAsync();
        await using var session = await cluster.OpenAsync();
        var (used, answered) = (session.Token, new TaskCompletionSource());
        cluster.Voter.Become(async (seen, context) =>
        {
            if (IsAdvance(seen)) await answered.Task;
            if (IsAdvance(seen) && !isGranted) await Says.Problem(401, ProblemCodes.Unauthorized)(seen, context);
            else await cluster.Consensus.AnswerAsync(seen, context);
        });

        using var gaveUp = new CancellationTokenSource();
        var impatient = session.AdvanceBeyondAsync(used, gaveUp.Token);
        var others = Enumerable.Range(0, 8).Select(_ => session.AdvanceBeyondAsync(used, Cancel)).ToList();
        await gaveUp.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(impatient);
        answered.SetResult();

        foreach (var other in others)
        {
            if (isGranted) await other;
            else await Should.ThrowAsync<ConsensusRefusedException>(other);
        }

        cluster.Voter.Requests.Count(IsAdvance).ShouldBe(1);
        (session.Token > used).ShouldBe(isGranted);
    }

    [Fact]
    public async Task Whoever_wants_a_token_beyond_the_one_that_another_is_about_to_have_advances_once_more()
    {
        await using var cluster = await PaperCluster.StartAsync();
        await using var session = await cluster.OpenAsync();
        var (used, answered) = (session.Token, new TaskCompletionSource());
        cluster.Voter.Become(async (seen, context) =>
        {
            if (IsAdvance(seen)) await answered.Task;
            await cluster.Consensus.AnswerAsync(seen, context);
        });

        var next = Token.Mint(used.ConsensusGeneration, used.Index + 1);
        var (first, second) = (session.AdvanceBeyondAsync(used, Cancel), session.AdvanceBeyondAsync(next, Cancel));
        answered.SetResult();
        await Task.WhenAll(first, second);

        cluster.Voter.Requests.Count(IsAdvance).ShouldBe(2);
        (session.Token > next).ShouldBeTrue();
    }

    [Fact]
    public async Task Advancing_a_revoked_session_loses_it_at_once()
    {
        await using var cluster = await PaperCluster.StartAsync();
        await using var session = await cluster.OpenAsync();
        cluster.Consensus.SessionOver = ProblemCodes.SessionRevoked;

        await Should.ThrowAsync<SessionLostException>(session.AdvanceAsync(Cancel));

        session.LostReason.IsCompleted.ShouldBeTrue();
    }

    [Fact]
    public async Task Disposing_closes_the_session()
    {
        await using var cluster = await PaperCluster.StartAsync();
        var session = await cluster.OpenAsync();

        await session.DisposeAsync();
        await session.DisposeAsync();

        cluster.Voter.Requests.Count(seen => seen.Method == "DELETE").ShouldBe(1);
        session.Lost.IsCancellationRequested.ShouldBeFalse();
    }

    [Fact]
    public async Task A_failure_that_nobody_expected_does_not_end_the_keeping_alive()
    {
        await using var cluster = await PaperCluster.StartAsync();
        var session = await cluster.OpenAsync();

        cluster.Network.Broken = true;
        await cluster.Network.FailsAgainAsync();
        await cluster.Network.FailsAgainAsync();
        cluster.Network.Broken = false;
        await cluster.KeepAliveAsync();

        await session.DisposeAsync();
        // A keep-alive that was given up for it may be seen after it.
        cluster.Voter.Requests.Count(seen => seen.Method == "DELETE").ShouldBe(1);
    }

    [Fact]
    public async Task Wrong_options_open_nothing()
    {
        await using var cluster = await PaperCluster.StartAsync();
        var options = new HoldfastSessionOptions
        {
            Cluster = new ClusterId("west"),
            Node = new NodeId("w1"),
            KeepAlive = TimeSpan.FromSeconds(2),
        };

        var failure = await Should.ThrowAsync<ArgumentException>(
            HoldfastSession.OpenAsync(cluster.Client, options, Cancel));

        failure.Message.ShouldContain("KeepAlive is 00:00:02; 00:00:00.050 to a third of Ttl (00:00:05) is wanted.");
        failure.Message.ShouldContain("Node and Generation go together");
        cluster.Voter.Requests.ShouldBeEmpty();
    }

    private static Instant At(int ms) => Instant.Zero + TimeSpan.FromMilliseconds(ms);

    private static bool IsAdvance(Seen seen) => seen.Path.EndsWith("/advance", StringComparison.Ordinal);
}
