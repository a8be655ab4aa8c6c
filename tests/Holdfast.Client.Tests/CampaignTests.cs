using Holdfast.Contracts.Http;
using Holdfast.Primitives;

namespace Holdfast.Client.Tests;

public sealed class CampaignTests
{
    private static readonly ElectionName Election = ElectionName.Failover(new ClusterId("west"));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_campaign_waits_until_it_is_granted()
    {
        await using var cluster = await PaperCluster.StartAsync();
        await using var session = await cluster.OpenAsync();
        cluster.Consensus.Holder = "0000000000000005";
        var campaign = new Campaign(cluster.Client, session, Election, TimeSpan.FromMilliseconds(20));

        var winning = campaign.WinAsync(Cancel);
        await cluster.Voter.NextAsync("campaign", IsCampaign);
        await cluster.Voter.NextAsync("repeated campaign", IsCampaign);
        winning.IsCompleted.ShouldBeFalse();
        cluster.Consensus.Holder = null;

        await using var leadership = await Await.Within10Seconds(winning, "the grant");
        leadership.IsHeld.ShouldBeTrue();
        leadership.Token.ShouldBe(session.Token);
    }

    [Fact]
    public async Task A_leadership_ends_when_the_lease_lapses_and_is_won_again_with_a_newer_token()
    {
        await using var cluster = await PaperCluster.StartAsync();
        await using var session = await cluster.OpenAsync();
        var campaign = new Campaign(cluster.Client, session, Election, TimeSpan.FromMilliseconds(20));
        await using var first = await campaign.WinAsync(Cancel);

        cluster.Consensus.Away = true;
        await cluster.KeepAliveAsync();
        cluster.Clock.Advance(TimeSpan.FromSeconds(5));
        first.IsHeld.ShouldBeFalse();
        cluster.Consensus.Away = false;

        await using var second = await Await.Within10Seconds(campaign.WinAsync(Cancel), "the second grant");
        second.Token.ShouldBeGreaterThan(first.Token);
        second.IsHeld.ShouldBeTrue();
        first.IsHeld.ShouldBeFalse();
    }

    [Fact]
    public async Task A_lapse_that_nobody_saw_ends_a_leadership_when_the_next_keep_alive_is_acknowledged()
    {
        await using var cluster = await PaperCluster.StartAsync();
        await using var session = await cluster.OpenAsync();
        await using var leadership = await new Campaign(cluster.Client, session, Election).WinAsync(Cancel);

        // The machine sleeps: the boot clock jumps, timers do not.
        cluster.Clock.Advance(TimeSpan.FromMinutes(1));
        await Await.Cancelled("the end of the leadership", leadership.Ended);
        await cluster.KeepAliveAsync();

        session.IsAlive().ShouldBeTrue();
        leadership.IsHeld.ShouldBeFalse();
    }

    [Fact]
    public async Task A_leadership_ends_before_its_session_is_closed()
    {
        await using var cluster = await PaperCluster.StartAsync();
        var session = await cluster.OpenAsync();
        await using var leadership = await new Campaign(cluster.Client, session, Election).WinAsync(Cancel);
        var atTheClosing = new TaskCompletionSource<(bool, bool, bool)>();
        cluster.Answering(seen =>
        {
            if (seen.Method == "DELETE")
            {
                atTheClosing.TrySetResult(
                    (session.IsAlive(), leadership.IsHeld, leadership.Ended.IsCancellationRequested));
            }
        });

        await session.DisposeAsync();

        (await Await.Within10Seconds(atTheClosing.Task, "the closing")).ShouldBe((false, false, true));
        session.Lost.IsCancellationRequested.ShouldBeFalse();
    }

    [Fact]
    public async Task Resigning_a_campaign_ends_the_leadership_it_won_first()
    {
        await using var cluster = await PaperCluster.StartAsync();
        await using var session = await cluster.OpenAsync();
        var campaign = new Campaign(cluster.Client, session, Election);
        await using var leadership = await campaign.WinAsync(Cancel);
        var heldThen = new TaskCompletionSource<bool>();
        cluster.Answering(seen =>
        {
            if (seen.Path.EndsWith("/resign", StringComparison.Ordinal)) heldThen.TrySetResult(leadership.IsHeld);
        });

        await campaign.ResignAsync(Cancel);

        (await Await.Within10Seconds(heldThen.Task, "the resignation")).ShouldBeFalse();
        leadership.Ended.IsCancellationRequested.ShouldBeTrue();
    }

    [Fact]
    public async Task A_leadership_ends_with_its_session()
    {
        await using var cluster = await PaperCluster.StartAsync();
        await using var session = await cluster.OpenAsync();
        var campaign = new Campaign(cluster.Client, session, Election);
        await using var leadership = await campaign.WinAsync(Cancel);

        cluster.Consensus.SessionOver = ProblemCodes.SessionRevoked;

        await Await.Cancelled("the end of the leadership", leadership.Ended);
        await Should.ThrowAsync<LeadershipEndedException>(leadership.AdvanceAsync(Cancel));
        await Should.ThrowAsync<SessionLostException>(campaign.WinAsync(Cancel));
    }

    [Fact]
    public async Task Advancing_is_refused_to_one_who_does_not_hold_it_any_more()
    {
        await using var cluster = await PaperCluster.StartAsync();
        await using var session = await cluster.OpenAsync();
        await using var leadership = await new Campaign(cluster.Client, session, Election).WinAsync(Cancel);
        var before = leadership.Token;

        (await leadership.AdvanceAsync(Cancel)).ShouldBeGreaterThan(before);
        cluster.Consensus.SessionOver = ProblemCodes.NotHolder;
        await Should.ThrowAsync<LeadershipEndedException>(leadership.AdvanceAsync(Cancel));

        leadership.Ended.IsCancellationRequested.ShouldBeTrue();
    }

    [Fact]
    public async Task Resigning_ends_the_leadership_first_and_tells_consensus_then()
    {
        await using var cluster = await PaperCluster.StartAsync();
        await using var session = await cluster.OpenAsync();
        await using var leadership = await new Campaign(cluster.Client, session, Election).WinAsync(Cancel);

        await leadership.ResignAsync(Cancel);

        leadership.IsHeld.ShouldBeFalse();
        var request = await cluster.Voter.NextAsync(
            "resignation", seen => seen.Path == "/v1/elections/failover%2Fwest/resign");
        request.Body.ShouldContain(PaperConsensus.Session);
    }

    private static bool IsCampaign(Seen seen) => seen.Path.EndsWith("/campaign", StringComparison.Ordinal);
}
