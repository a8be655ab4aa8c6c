using Holdfast.Containers.Audits;
using Holdfast.Containers.Compose;
using Holdfast.Integration.Incidents;

namespace Holdfast.Containers.Incidents;

/// <summary>A site is cut off, others take over what it owns, and it comes back believing that it still owns.</summary>
public sealed class PartitionTests(ComposeWorld compose)
{
    private static readonly string[] Everybody = [.. EastWorld.Nodes, .. EastWorld.Heirs];

    [Fact]
    public async Task A_site_that_was_cut_off_comes_back_and_its_late_writes_are_refused()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var east = await EastWorld.PrepareAsync(compose);
        var refusedBefore = (await WritesOfEastAsync(east, cancel)).Refused;

        await east.Set.CutOffAsync(EastWorld.Site);

        var story = new IncidentStory(east.Subscriber.Events, "east");
        await story.FencedAsync(EastWorld.Patience);
        await story.StartedAsync(EastWorld.Patience);
        await story.PromotedAsync(east.Grains, EastWorld.Patience);
        await story.CompletedAsync(EastWorld.Patience);
        await east.IsServedByHeirsAsync(cancel);
        var acceptedBefore = (await WritesOfEastAsync(east, cancel)).Accepted;

        await east.Set.JoinAsync();

        // The programs of east went on all the time, and what they write now comes under the epochs of then.
        var refusedLeast = refusedBefore + east.Accounts.Count;
        var (programs, late) = await Eventually.SeesAsync(
            $"one owner of each account, nothing unsent, each replica once, {refusedLeast} writes of east refused",
            async stop => (
                Programs: await east.Bank.ReadProgramsAsync(Everybody, stop),
                Late: await WritesOfEastAsync(east, stop)),
            seen => seen.Programs.All(program => program.Unsent == 0)
                && seen.Late.Refused >= refusedLeast
                && east.Accounts.All(account => IsOwnedOnceByAnHeir(account, seen.Programs))
                && east.RunsEveryReplicaOnce(seen.Programs),
            EastWorld.Patience);
        programs.Where(program => EastWorld.Nodes.Contains(program.Node)).Sum(program => program.Refused)
            .ShouldBeGreaterThan(0);
        late.Accepted.ShouldBe(acceptedBefore, "not one late write was taken");
        await east.IsServedByHeirsAsync(cancel);
        await Health.DemandAsync(east.Set);
    }

    private static bool IsOwnedOnceByAnHeir(string account, IReadOnlyList<ProgramState> programs) =>
        programs.Where(program => program.Accounts.Contains($"account/{account}")).ToList() is [var owner]
        && EastWorld.Heirs.Contains(owner.Node);

    private static async Task<(long Accepted, long Refused)> WritesOfEastAsync(EastWorld east, CancellationToken cancel)
    {
        var (accepted, refused) = (0L, 0L);
        foreach (var node in EastWorld.Nodes)
        {
            var writes = await east.Bank.WritesAsync(node, cancel);
            (accepted, refused) = (accepted + writes.Accepted, refused + writes.Refused);
        }

        return (accepted, refused);
    }
}
