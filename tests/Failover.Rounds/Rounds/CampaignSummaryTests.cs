namespace Holdfast.Failover.Rounds.Rounds;

/// <summary>What many rounds come to.</summary>
public sealed class CampaignSummaryTests
{
    private static readonly RoundPlan Away = RoundPlan.Draw(700, RoundFault.BusAway) with { Grains = 40 };
    private static readonly RoundPlan Alone = RoundPlan.Draw(701, RoundFault.NoQuorum) with { Grains = 2 };

    [Fact]
    public void Rounds_and_faults_are_counted_apart()
    {
        var summary = new CampaignSummary(700);

        summary.Add(new RoundReport { Plan = Away, At = "there" });
        summary.Add(new RoundReport { Plan = Alone, Accepted = 5, Refused = 3 });

        summary.ToRow().ShouldBe("700 to 701 | 2 | 1 BusAway, 1 none | 42 | 5 | 3 | 0 |");
    }

    [Fact]
    public void A_broken_round_is_counted_and_said_with_what_runs_it_again()
    {
        var summary = new CampaignSummary(700);

        summary.Add(new RoundReport { Plan = Away, At = "there", Problems = ["Not seen within 90 s: a new owner."] });

        summary.Broken.ShouldBe(1);
        summary.ToRow().ShouldEndWith("| 1 |");
        summary.ToString().ShouldEndWith("1 rounds broken.\n  to repeat: --rounds 1 --seed 700 --only BusAway");
    }

    [Fact]
    public void A_round_that_did_not_end_says_what_was_found_and_how_to_run_it_again() =>
        new RoundReport { Plan = Alone, Problems = ["late"], Findings = ["west-1 said:"] }.ToString()
            .ShouldEndWith(" s\n  late\n  west-1 said:\n  to repeat: --rounds 1 --seed 701 --only NoQuorum");
}
