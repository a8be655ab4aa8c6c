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

    [Theory]
    [InlineData("BusAway")]
    [InlineData("RedisKilled")]
    [InlineData("TwoHolders")]
    public void A_hundred_seeds_have_the_rough_and_the_orderly_kind_of_a_fault(string fault) =>
        Enumerable.Range(1, 100)
            .Select(seed => RoundPlan.Draw((ulong)seed))
            .Where(plan => $"{plan.Fault}" == fault)
            .Select(plan => plan.IsRough)
            .Distinct()
            .Count()
            .ShouldBe(2);

    [Fact]
    public void A_seed_draws_the_same_round_again() => RoundPlan.Draw(5).ShouldBe(RoundPlan.Draw(5));

    [Fact]
    public void A_round_says_how_to_run_it_again()
    {
        RoundPlan.Draw(58).Command.ShouldBe("--rounds 1 --seed 58");
        RoundPlan.Draw(58, RoundFault.NoQuorum, RoundMistake.IgnoresEpochs).Command
            .ShouldBe("--rounds 1 --seed 58 --only NoQuorum --break IgnoresEpochs");
    }
}
