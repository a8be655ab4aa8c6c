using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Simulation;

namespace Holdfast.Consensus.Simulation.Tests.Raft;

/// <summary>
/// Whole groups of voters under faults. The program itself runs more with --seeds N, and one with --seed S;
/// HOLDFAST_SIMULATION_SECONDS=s lets this test run longer.
/// </summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const int SeedsMin = 30;
    private const int SeedsToCatchMax = 500;
    private const int DamagedSeeds = 60;
    private const double SecondsDefault = 45;

    // Where rare mistakes are found soon; all others by the first seeds.
    private static readonly Dictionary<string, ulong> FirstSeeds = new(StringComparer.Ordinal)
    {
        ["PromiseBroken"] = 700,
        ["PromiseStretched"] = 4140,
        ["CommitOldTermByCount"] = 1165,
    };

    [Fact]
    public void No_seed_breaks_a_promise_of_raft()
    {
        var seconds = Environment.GetEnvironmentVariable("HOLDFAST_SIMULATION_SECONDS") is { } wanted
            ? double.Parse(wanted, System.Globalization.CultureInfo.InvariantCulture)
            : SecondsDefault;
        var campaign = new Campaign("raft", static seed => new RaftWorld(SimulationOptions.DrawAll((int)seed)));
        campaign.Run(first: 1, long.MaxValue, TimeSpan.FromSeconds(seconds), SeedsMin);
        output.WriteLine(campaign.ToString());
        campaign.Figures["elections"].ShouldBeGreaterThan(campaign.Seeds);
        campaign.Figures["acknowledged commands"].ShouldBeGreaterThan(10 * campaign.Seeds);
        campaign.Figures["confirmed questions"].ShouldBeGreaterThan(campaign.Seeds);
        campaign.Figures["snapshots taken"].ShouldBeGreaterThan(campaign.Seeds);
        campaign.Figures["snapshots installed"].ShouldBeGreaterThan(campaign.Seeds / 4);
        campaign.Figures["hand-overs"].ShouldBeGreaterThan(campaign.Seeds / 2);
        campaign.Figures["changes of members"].ShouldBeGreaterThan(campaign.Seeds);
        campaign.Figures["figures changed"].ShouldBeGreaterThan(2 * campaign.Seeds);
        campaign.Figures["answered calls"].ShouldBeGreaterThan(20 * campaign.Seeds);
        campaign.Figures["repeated requests"].ShouldBeGreaterThan(campaign.Seeds / 4);
        campaign.Figures["undecided histories"].ShouldBeLessThan(1 + (campaign.Seeds / 20));
    }

    [Fact]
    public void Voters_that_lose_parts_of_their_logs_again_and_again_break_no_promise()
    {
        var campaign = new Campaign(
            "raft", static seed => new RaftWorld(SimulationOptions.DrawAll((int)seed).Damaged()));
        campaign.Run(first: 1, DamagedSeeds, TimeSpan.MaxValue);
        output.WriteLine(campaign.ToString());
        campaign.Figures["recovered voters"].ShouldBeGreaterThan(DamagedSeeds / 2);
        campaign.Figures["changes of members"].ShouldBeGreaterThan(DamagedSeeds);
    }

    [Fact]
    public void A_seed_runs_the_same_way_every_time()
    {
        for (var seed = 4711; seed < 4719; seed++)
        {
            var (first, second) = (Run(SimulationOptions.DrawAll(seed)), Run(SimulationOptions.DrawAll(seed)));
            second.Digest.ShouldBe(first.Digest);
            second.Figures.ShouldBe(first.Figures);
        }

        Run(SimulationOptions.DrawAll(1)).Digest.ShouldNotBe(Run(SimulationOptions.DrawAll(2)).Digest);
    }

    [Theory]
    [InlineData("AcknowledgeBeforeFlush")]
    [InlineData("ForgetVote")]
    [InlineData("MatchFromOwnLastIndex")]
    [InlineData("CommitOldTermByCount")]
    [InlineData("TruncateAlways")]
    [InlineData("VoteForShorterLog")]
    [InlineData("ConfirmByOldRound")]
    [InlineData("EchoRoundOfOldTerm")]
    [InlineData("SnapshotGoesBackwards")]
    [InlineData("CompactBeforeSnapshot")]
    [InlineData("NoPreVote")]
    [InlineData("LeaseWithoutMargin")]
    [InlineData("PromiseBroken")]
    [InlineData("PromiseStretched")]
    [InlineData("StaticMembership")]
    [InlineData("NoJointState")]
    [InlineData("KeepCutConfiguration")]
    [InlineData("VotesAfterLoss")]
    public void A_mistake_in_the_core_is_caught(string mistake)
    {
        var fault = Enum.Parse<RaftFaults>(mistake);
        DemandCaught(mistake, options => options.With(fault));
    }

    [Fact]
    public void A_store_that_trusts_the_cache_of_a_killed_process_is_caught() =>
        DemandCaught("TrustsTheCacheAtLoad", static options => options with
        {
            TrustsTheCacheAtLoad = true,
            CrashAtStep = 0.03,
            CutsOnlyFollowers = false,
            Joiners = 0,
        });

    [Fact]
    public void A_store_that_goes_on_after_a_failed_flush_is_caught() =>
        DemandCaught("IgnoresFailedFlush", static options => options with { IgnoresFailedFlush = true });

    [Fact]
    public void A_state_machine_whose_snapshots_lack_the_answers_of_requests_is_caught() =>
        DemandCaught("LosesRequests", static options => options with { LosesRequests = true });

    /// <summary>By one of so many seeds, none of which finds anything without the mistake.</summary>
    private void DemandCaught(string mistake, Func<SimulationOptions, SimulationOptions> withMistake)
    {
        var first = FirstSeeds.GetValueOrDefault(mistake, 1UL);
        var found = new Campaign("raft", seed => new RaftWorld(withMistake(SimulationOptions.DrawAll((int)seed))))
            .FindFailure(first, SeedsToCatchMax);
        found.ShouldNotBeNull($"{mistake} is not caught by {SeedsToCatchMax} seeds.");
        output.WriteLine($"{mistake} is caught by seed {found.Seed}: {found.InnerException!.Message}");
        Run(SimulationOptions.DrawAll((int)found.Seed));
    }

    private static RaftWorld Run(SimulationOptions options)
    {
        var world = new RaftWorld(options);
        world.Run();
        return world;
    }
}
