using Holdfast.Simulation;

namespace Holdfast.Consensus.Simulation.Tests.Leases;

/// <summary>Sessions, elections and tokens of whole worlds; the program runs more with --world leases.</summary>
public sealed class LeaseSimulationTests(ITestOutputHelper output)
{
    private const long SeedsToCatchMax = 200;

    [Fact]
    public void No_seed_lets_a_holder_act_after_its_lease_or_a_token_name_two()
    {
        var campaign = new Campaign("leases", static seed => new LeaseWorld(LeaseOptions.Draw(seed)));
        campaign.Run(first: 1, long.MaxValue, TimeSpan.FromSeconds(8), seedsMin: 10);
        output.WriteLine(campaign.ToString());
        campaign.Figures["tokens"].ShouldBeGreaterThan(20 * campaign.Seeds);
        campaign.Figures["acts"].ShouldBeGreaterThan(100 * campaign.Seeds);
        campaign.Figures["leaders"].ShouldBeGreaterThan(5 * campaign.Seeds);
    }

    [Fact]
    public void A_seed_runs_the_same_way_every_time() => DigestOf(7).ShouldBe(DigestOf(7));

    [Theory]
    [InlineData("NoMargin")]
    [InlineData("CountsFromTheAnswer")]
    [InlineData("ClockStopsWhenSuspended")]
    [InlineData("AcknowledgesUnconfirmed")]
    [InlineData("TwoTokensFromOneEntry")]
    [InlineData("CountsByTheWallClock")]
    public void A_mistake_of_leases_is_caught(string mistake)
    {
        var fault = Enum.Parse<LeaseFaults>(mistake);
        var found = new Campaign("leases", seed => new LeaseWorld(LeaseOptions.Draw(seed) with { Faults = fault }))
            .FindFailure(1, SeedsToCatchMax);
        found.ShouldNotBeNull($"{mistake} is not caught by {SeedsToCatchMax} seeds.");
        output.WriteLine($"{mistake} is caught by seed {found.Seed}: {found.InnerException!.Message}");
        DigestOf(found.Seed);
    }

    private static ulong DigestOf(ulong seed)
    {
        var world = new LeaseWorld(LeaseOptions.Draw(seed));
        world.Run();
        return world.Trace.Digest;
    }
}
