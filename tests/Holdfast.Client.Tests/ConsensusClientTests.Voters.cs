using Holdfast.Contracts.Http;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Client.Tests;

/// <summary>Which voter is asked, and how long.</summary>
public sealed partial class ConsensusClientTests
{
    [Fact]
    public async Task A_followers_hint_to_the_leader_is_followed_and_remembered()
    {
        await using var leader = await ScriptedVoter.StartAsync(Says.Json(Alive));
        await using var follower = await ScriptedVoter.StartAsync(
            Says.Problem(421, ProblemCodes.NotLeader, leader.Url));
        using var client = Client(follower.Url, leader.Url);

        var first = await client.KeepAliveAsync(Session, Cancel);
        var second = await client.KeepAliveAsync(Session, Cancel);

        first.Demand().Token.ShouldBe("0000000000000009");
        second.Refusal.ShouldBeNull();
        follower.Requests.Count.ShouldBe(1);
        leader.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Two_followers_that_name_each_other_do_not_trap_a_call()
    {
        await using var one = await ScriptedVoter.StartAsync(Says.Json(Alive));
        await using var two = await ScriptedVoter.StartAsync(Says.Problem(421, ProblemCodes.NotLeader, one.Url));
        using var client = Client(one.Url, two.Url);

        // The first answer of a process is slow, and what was heard is what this is about.
        await client.KeepAliveAsync(Session, Cancel);
        one.Become(Says.Problem(421, ProblemCodes.NotLeader, two.Url));

        var failure = await Should.ThrowAsync<ConsensusUnavailableException>(
            client.KeepAliveAsync(Session, Cancel, TimeSpan.FromSeconds(3)));

        failure.Message.ShouldContain("leads");
        one.Requests.Count.ShouldBeLessThan(60);
    }

    [Fact]
    public async Task A_voter_that_is_gone_is_passed_over()
    {
        var gone = await ScriptedVoter.StartAsync(Says.Nothing);
        var url = gone.Url;
        await gone.DisposeAsync();
        await using var here = await ScriptedVoter.StartAsync(Says.Json(Alive));
        using var client = Client(url, here.Url);

        (await client.KeepAliveAsync(Session, Cancel)).Refusal.ShouldBeNull();
    }

    [Fact]
    public async Task A_voter_that_hangs_is_left_for_the_next_after_its_own_deadline()
    {
        await using var hung = await ScriptedVoter.StartAsync(Says.Nothing);
        await using var well = await ScriptedVoter.StartAsync(Says.Json(Alive));
        using var client = Hasty(hung.Url, well.Url);
        using (var early = Client(well.Url)) await early.KeepAliveAsync(Session, Cancel);

        (await client.KeepAliveAsync(Session, Cancel)).Refusal.ShouldBeNull();
        hung.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_voter_that_hung_is_asked_last_from_then_on()
    {
        await using var hung = await ScriptedVoter.StartAsync(Says.Nothing);
        await using var other = await ScriptedVoter.StartAsync(Says.Problem(503, ProblemCodes.NoQuorum));
        using var client = Hasty(hung.Url, other.Url);
        await Should.ThrowAsync<ConsensusUnavailableException>(
            client.KeepAliveAsync(Session, Cancel, TimeSpan.FromSeconds(3)));
        var asked = hung.Requests.Count;

        other.Become(Says.Json(Alive));
        (await client.KeepAliveAsync(Session, Cancel)).Refusal.ShouldBeNull();

        hung.Requests.Count.ShouldBe(asked);
    }

    [Fact]
    public async Task A_hung_voter_leaves_the_others_their_part_of_a_short_deadline()
    {
        await using var hung = await ScriptedVoter.StartAsync(Says.Nothing);
        await using var well = await ScriptedVoter.StartAsync(Says.Json(Alive));
        using var client = Client(hung.Url, well.Url);

        (await client.KeepAliveAsync(Session, Cancel, TimeSpan.FromSeconds(4))).Refusal.ShouldBeNull();
    }

    [Fact]
    public async Task A_voter_that_hangs_is_not_asked_twice_because_followers_still_call_it_their_leader()
    {
        await using var hung = await ScriptedVoter.StartAsync(Says.Nothing);
        await using var one = await ScriptedVoter.StartAsync(Says.Problem(421, ProblemCodes.NotLeader, hung.Url));
        await using var two = await ScriptedVoter.StartAsync(Says.Nothing);
        two.Become((seen, context) => (two.Requests.Count == 1
            ? Says.Problem(421, ProblemCodes.NotLeader, hung.Url)
            : Says.Json(Alive))(seen, context));
        using var client = Hasty(hung.Url, one.Url, two.Url);

        (await client.KeepAliveAsync(
            Session, Cancel, TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(200))).Refusal.ShouldBeNull();

        // Once per round, as the others; each of two hints per round would make it three times as many.
        hung.Requests.Count.ShouldBeLessThanOrEqualTo(one.Requests.Count);
    }

    [Fact]
    public async Task A_hint_to_an_address_that_is_not_configured_is_not_followed()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "secret\n", Cancel);
            await using var stranger = await ScriptedVoter.StartAsync(Says.Json(Alive));
            await using var follower = await ScriptedVoter.StartAsync(
                Says.Problem(421, ProblemCodes.NotLeader, stranger.Url));
            await using var leader = await ScriptedVoter.StartAsync(Says.Json(Alive));
            using var client = new ConsensusClient(Options(follower.Url, leader.Url) with { TokenFile = file });

            (await client.KeepAliveAsync(Session, Cancel)).Refusal.ShouldBeNull();

            stranger.Requests.ShouldBeEmpty();
            leader.Requests.Count.ShouldBe(1);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_hint_with_another_spelling_of_a_configured_address_is_followed()
    {
        await using var leader = await ScriptedVoter.StartAsync(Says.Json(Alive));
        await using var follower = await ScriptedVoter.StartAsync(Says.Problem(
            421, ProblemCodes.NotLeader, leader.Url.ToUpperInvariant() + "/"));
        await using var last = await ScriptedVoter.StartAsync(Says.Problem(503, ProblemCodes.NoQuorum));
        using var client = Client(follower.Url, last.Url, leader.Url);

        (await client.KeepAliveAsync(Session, Cancel)).Refusal.ShouldBeNull();
        last.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_repeated_wish_for_any_other_leader_names_the_term_that_was_to_end()
    {
        await using var lost = await ScriptedVoter.StartAsync((seen, context) =>
            seen.Method == "GET" ? Says.Json(StatusOf("v1", leader: null))(seen, context)
            : Says.Problem(421, ProblemCodes.NotLeader)(seen, context));
        var moves = 0;
        await using var voter = await ScriptedVoter.StartAsync((seen, context) =>
            seen.Method == "GET" ? Says.Json(StatusOf("v2", leader: "v2"))(seen, context)
            : Interlocked.Increment(ref moves) == 1 ? CutOffAsync(context)
            : Says.Json(new { leader = "v1" })(seen, context));
        using var client = Client(lost.Url, voter.Url);

        (await client.TransferLeadershipAsync(to: null, Cancel)).Demand().Leader.ShouldBe("v1");

        voter.Requests.Where(static seen => seen.Method == "POST").Select(static seen => seen.Body)
            .ShouldBe(["""{"fromTerm":7}""", """{"fromTerm":7}"""]);
    }

    private static object StatusOf(string node, string? leader) => new
    {
        node,
        role = "follower",
        term = 7,
        leader,
        commitIndex = 1,
        appliedIndex = 1,
        lastIndex = 1,
        voters = Array.Empty<object>(),
        safeLayout = true,
    };

    private static Task CutOffAsync(HttpContext context)
    {
        context.Abort();
        return Task.CompletedTask;
    }
}
