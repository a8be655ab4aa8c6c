using System.Net;
using System.Text.Json;
using Holdfast.Consensus.Rounds.Checks;
using Holdfast.Consensus.Rounds.Load;
using Holdfast.Consensus.Rounds.Voters;
using Holdfast.Contracts.Http;

namespace Holdfast.Consensus.Rounds.Rounds;

/// <summary>
/// Three voters become five, and then three again, without the leader and another, while clients go on. Unsafe changes
/// are refused by name, and the last change is held up in its joint state, where a voter is killed.
/// </summary>
internal sealed class MembersStory(ServiceGroup group, ILoad load, Action<string> say)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Longer than the longest election timeout, after which a dead voter is not counted on.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(3);

    /// <returns>The three that vote in the end.</returns>
    public async Task<IReadOnlyList<Voter>> TellAsync(CancellationToken cancel)
    {
        var (fourth, fifth) = (group.Voters[3], group.Voters[4]);
        await RefuseAsync(fourth, fifth, cancel);
        await group.StartAsync(fourth);
        await group.StartAsync(fifth);
        await DoAsync(new MembersRequest { Promote = [fourth.Name, fifth.Name] }, cancel);
        await VoteAsync(group.Voters, group.Voters, cancel);
        say("five voters");
        await ProgressAsync(cancel);

        var serving = await ShrinkAsync(cancel);
        await ProgressAsync(cancel);
        await LoseOneAsync(serving, cancel);
        return serving;
    }

    private async Task RefuseAsync(Voter fourth, Voter fifth, CancellationToken cancel)
    {
        var (first, second) = (ServiceGroup.MemberOf(fourth), ServiceGroup.MemberOf(fifth));
        const string taken = "domain0";
        await DoAsync(
            new MembersRequest { Put = [first with { Domain = taken }, second with { Domain = taken }] }, cancel);
        var both = new MembersRequest { Promote = [fourth.Name, fifth.Name] };
        await DemandRefusalAsync(both, "unsafeDomains", cancel);
        await DoAsync(new MembersRequest { Put = [first, second] }, cancel);
        await DemandRefusalAsync(both, "learnerNotCaughtUp", cancel);
        await DemandRefusalAsync(new MembersRequest { Promote = [fourth.Name] }, "evenVoters", cancel);
        await DemandRefusalAsync(new MembersRequest { Remove = ["nobody"] }, "unknownMember", cancel);
    }

    /// <summary>
    /// Without the leader and another voter. Two of those that stay hear nothing, so the joint state cannot end; one of
    /// them is killed there. When both are back, the group comes out of it by itself.
    /// </summary>
    private async Task<IReadOnlyList<Voter>> ShrinkAsync(CancellationToken cancel)
    {
        var (leaving, serving, answer) = await HoldUpAsync(cancel);
        var (killed, silent) = (serving[0], serving[1]);
        say($"joint state without {leaving[0].Name}, which leads, and {leaving[1].Name}; SIGKILL to {killed.Name}");
        await VoterGroup.KillAsync([killed], cancel);
        silent.Process!.Resume();
        await group.StartAsync(killed);
        using var told = await answer;
        say($"the change was answered with {(int)told.StatusCode}");
        await VoteAsync(serving, serving, cancel);
        await group.AgreeAsync(serving, cancel);
        foreach (var voter in leaving)
        {
            if (await group.StateAsync(voter, cancel) is { Leads: true })
                throw new RoundBrokenException($"{voter.Name} was removed and leads.");
            voter.Process!.Terminate();
        }

        return serving;
    }

    /// <summary>
    /// Begins a change that cannot end while the first two of those that stay hear nothing. Whoever was asked may lead
    /// no more, or have come to it so late that it had not heard them for too long; then the one that leads by now is
    /// asked.
    /// </summary>
    /// <returns>Who leaves, the leader first; who stays; and the answer, which may be still to come.</returns>
    private async Task<(Voter[] Leaving, Voter[] Serving, Task<HttpResponseMessage> Answer)> HoldUpAsync(
        CancellationToken cancel)
    {
        (Voter[] Leaving, Voter[] Serving, Task<HttpResponseMessage> Answer)? asked = null;
        await Lasting.UntilAsync(
            () => $"the joint state.{group.Said()}",
            Patience,
            async asking =>
            {
                var (_, serving, answer) = asked ??= await AskToShrinkAsync(asking, cancel);

                // Whoever was asked answers at the latest when it leads no more, which it soon does in the joint state:
                // only where nothing is to be seen of that it was not begun.
                var isAnswered = answer.IsCompleted;
                if ((await group.StatusAsync(serving[2], asking))!.Voters.Any(voter => voter.Standing == "leaving"))
                    return true;
                if (!isAnswered) return false;
                using var refused = await answer;
                say($"not begun: {(int)refused.StatusCode} {await refused.Content.ReadAsStringAsync(asking)}");
                foreach (var voter in serving[..2]) voter.Process!.Resume();
                await Lasting.ForAsync(Silence, asking);
                await VoteAsync(group.Voters, group.Voters, asking);
                asked = null;
                return false;
            },
            cancel);
        return asked!.Value;
    }

    private async Task<(Voter[] Leaving, Voter[] Serving, Task<HttpResponseMessage> Answer)> AskToShrinkAsync(
        CancellationToken asking, CancellationToken cancel)
    {
        var leader = await group.LeaderAsync(asking);
        var other = group.Voters.First(voter => voter != leader);
        var serving = group.Voters.Where(voter => voter != leader && voter != other).ToArray();
        foreach (var voter in serving[..2]) await voter.Process!.SuspendAsync();
        var change = new MembersRequest { Remove = [leader.Name, other.Name] };
        return ([leader, other], serving, group.ChangeMembersAsync(leader, change, cancel));
    }

    /// <summary>With one of three dead, the group refuses to lose another.</summary>
    private async Task LoseOneAsync(IReadOnlyList<Voter> serving, CancellationToken cancel)
    {
        var leader = await group.LeaderAsync(cancel);
        var followers = serving.Where(voter => voter != leader).ToList();
        await VoterGroup.KillAsync([followers[0]], cancel);
        await Lasting.ForAsync(Silence, cancel);
        await DemandRefusalAsync(
            new MembersRequest { Remove = [followers[1].Name], AcceptEvenVoters = true, AcceptUnsafeDomains = true },
            "losesQuorum",
            cancel);
        await group.StartAsync(followers[0]);
    }

    /// <summary>
    /// Asked again while the leader is new or the learners are behind. Only what may have been done before is done
    /// where there is nothing left to do, and then the members show it.
    /// </summary>
    private Task DoAsync(MembersRequest change, CancellationToken cancel)
    {
        var mayBeDone = false;
        return Lasting.UntilAsync(
            () => $"the change {JsonSerializer.Serialize(change)} is done.{group.Said()}",
            Patience,
            async asking =>
            {
                var leader = await group.LeaderAsync(asking);
                using var answer = await group.ChangeMembersAsync(leader, change, asking);
                if (answer.StatusCode == HttpStatusCode.OK) return true;
                var said = await answer.Content.ReadAsStringAsync(asking);
                if (mayBeDone && Names(said, "nothingToChange", "alreadyVoter"))
                    return IsDone(change, (await group.StatusAsync(leader, asking))!.Voters);
                mayBeDone |= Names(said, ProblemCodes.ResultUnknown);
                return false;
            },
            cancel);
    }

    private static bool IsDone(MembersRequest change, IReadOnlyList<VoterAnswer> members) =>
        (change.Put ?? []).All(put => members.Any(one => one.Node == put.Node && one.Domain == put.Domain)) &&
        (change.Promote ?? []).All(node => members.Any(one => one.Node == node && one.Standing == "voter"));

    /// <summary>Asked again only where the answer is about the moment, and not about the change.</summary>
    private Task DemandRefusalAsync(MembersRequest change, string code, CancellationToken cancel) =>
        Lasting.UntilAsync(
            () => $"a refusal as {code}.{group.Said()}",
            Patience,
            async asking =>
            {
                using var answer = await group.ChangeMembersAsync(await group.LeaderAsync(asking), change, asking);
                var said = await answer.Content.ReadAsStringAsync(asking);
                if (!answer.IsSuccessStatusCode)
                {
                    if (Names(said, "leaderNotReady", "changeInProgress", ProblemCodes.NotLeader)) return false;
                    if (Names(said, code))
                    {
                        say($"refused: {code}");
                        return true;
                    }
                }

                throw new RoundBrokenException(
                    $"Not refused as {code}, but answered {(int)answer.StatusCode}: {said}");
            },
            cancel);

    private static bool Names(string problem, params string[] codes) =>
        Array.Exists(codes, code => problem.Contains($"\"{code}\"", StringComparison.Ordinal));

    /// <summary>These say that those vote, and nobody else.</summary>
    private Task VoteAsync(IReadOnlyList<Voter> asked, IReadOnlyList<Voter> voters, CancellationToken cancel) =>
        Lasting.UntilAsync(
            () => $"{string.Join(", ", voters.Select(voter => voter.Name))} vote.{group.Said()}",
            Patience,
            async asking =>
            {
                foreach (var voter in asked)
                {
                    if (await group.StateAsync(voter, asking) is null) return false;
                    var members = (await group.StatusAsync(voter, asking))!.Voters;
                    if (members.Any(member => member.Standing != "voter")) return false;
                    if (!members.Select(member => member.Node).ToHashSet().SetEquals(voters.Select(v => v.Name)))
                        return false;
                }

                return true;
            },
            cancel);

    private Task ProgressAsync(CancellationToken cancel)
    {
        var before = load.Acknowledged;
        return Lasting.UntilAsync(
            () => $"clients get on.{group.Said()}",
            Patience,
            _ => Task.FromResult(load.Acknowledged > before + 20),
            cancel);
    }
}
