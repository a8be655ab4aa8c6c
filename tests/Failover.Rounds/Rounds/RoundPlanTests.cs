namespace Holdfast.Failover.Rounds.Rounds;

/// <summary>What seeds come to.</summary>
public sealed class RoundPlanTests
{
    [Fact]
    public void Any_ten_seeds_have_every_fault() => Enumerable.Range(37, 10)
        .Select(seed => RoundPlan.Draw((ulong)seed).Fault)
        .Distinct()
        .Count()
        .ShouldBe(Enum.GetValues<RoundFault>().Length);

    [Fact]
    public void A_hundred_seeds_kill_the_promoter_at_another_step_each_time() => Enumerable.Range(0, 100)
        .Select(seed => RoundPlan.Draw((ulong)seed))
        .Where(plan => plan.Fault == RoundFault.PromoterKilled)
        .Select(plan => (plan.After, plan.Side))
        .Distinct()
        .Count()
        .ShouldBe(30);

    [Fact]
    public void Seeds_of_one_fault_alone_go_before_and_after_every_step()
    {
        var plans = Enumerable.Range(1, 2 * RoundPlan.Steps)
            .Select(seed => RoundPlan.Draw((ulong)seed, RoundFault.PromoterStopped))
            .ToList();

        plans.ShouldAllBe(plan => plan.Fault == RoundFault.PromoterStopped);
        plans.Select(plan => (plan.After, plan.Side)).Distinct().Count().ShouldBe(2 * RoundPlan.Steps);
    }

    [Fact]
    public void A_seed_draws_the_same_round_again() => RoundPlan.Draw(5).ShouldBe(RoundPlan.Draw(5));

    [Fact]
    public void The_summary_counts_rounds_and_faults_apart()
    {
        var summary = new CampaignSummary(700);

        summary.Add(new RoundReport { Seed = 700, Fault = RoundFault.BusAway, At = "there", Grains = 40 });
        summary.Add(new RoundReport { Seed = 701, Fault = RoundFault.NoQuorum, Grains = 2, Accepted = 5, Refused = 3 });

        summary.ToRow().ShouldBe("700 to 701 | 2 | 1 BusAway, 1 none | 42 | 5 | 3 | 0 |");
    }
}
