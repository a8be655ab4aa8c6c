namespace Holdfast.Consensus.Rounds.Rounds;

/// <summary>What the summary of many rounds says.</summary>
public sealed class CampaignSummaryTests
{
    [Fact]
    public void A_round_that_was_skipped_is_none_that_was_run()
    {
        var summary = new CampaignSummary(700);

        summary.Add(new RoundReport { Seed = 700, Fault = "kill", Acknowledged = 40 });
        summary.Add(new RoundReport { Seed = 701, Fault = "full disk", Skipped = "no sandbox" });
        summary.Add(new RoundReport { Seed = 702, Fault = "kill", Acknowledged = 2 });

        summary.ToRow().ShouldBe("700 to 702 | 2 | 1 | 2 kill | 42 | 0 |");
        summary.ToString().ShouldStartWith("2 rounds from seed 700");
    }
}
