using SeedCampaign = Holdfast.Simulation.Campaign;

namespace Holdfast.Client.Tests.Simulation;

/// <summary>
/// Keepers in a world of faults: no epoch of a grain is served by two, while its offer stands, or once it was given up;
/// no lease is served after its end, what is served was loaded under its epoch, no write goes on from an old state,
/// each loss is told once, and what is one's own is served again in the end.
/// </summary>
public sealed class KeeperSimulationTests(ITestOutputHelper output)
{
    private const long Seeds = 60;

    [Fact]
    public void Keepers_that_lose_sessions_answers_memories_and_processes_serve_nothing_twice_and_their_own_in_the_end()
    {
        var campaign = new SeedCampaign("keepers", seed => new KeeperSimulation(seed));
        campaign.Run(1, Seeds, TimeSpan.FromSeconds(8), seedsMin: 8);
        output.WriteLine(campaign.ToString());
        string[] wanted =
        [
            "promotions", "memories lost", "writes refused", "losses told", "kills", "offered", "accepted", "withdrawn",
            "released",
        ];
        foreach (var figure in wanted)
            campaign.Figures[figure].ShouldBeGreaterThan(0, figure);
    }

    [Fact]
    public void A_seed_takes_the_same_course_twice()
    {
        var (first, second) = (new KeeperSimulation(7), new KeeperSimulation(7));
        first.Run();
        second.Run();
        second.Trace.Digest.ShouldBe(first.Trace.Digest);
    }

    [Theory]
    [InlineData(nameof(KeeperMistake.ResourceIsBlind), "went through")]
    [InlineData(nameof(KeeperMistake.LoadsNothingAnew), "goes on from an old state")]
    [InlineData(nameof(KeeperMistake.LeaseSleeps), "The lease of")]
    [InlineData(nameof(KeeperMistake.GivesTwice), "Two serve")]
    [InlineData(nameof(KeeperMistake.TellsTwice), "was told twice")]
    [InlineData(nameof(KeeperMistake.DeniesOffers), "whose offer stands")]
    [InlineData(nameof(KeeperMistake.ReleasesUnsaid), "which was given up")]
    [InlineData(nameof(KeeperMistake.LeasePassesOn), "The lease of")]
    public void A_mistake_is_caught(string mistake, string word)
    {
        var campaign = new SeedCampaign(
            "keepers", seed => new KeeperSimulation(seed, Enum.Parse<KeeperMistake>(mistake)));
        var found = campaign.FindFailure(1, Seeds).ShouldNotBeNull();
        found.Message.ShouldContain(word, customMessage: found.Message);
        output.WriteLine(found.Message);
    }
}
