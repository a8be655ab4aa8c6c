namespace Holdfast.Consensus.Rounds.Rounds;

/// <summary>Ten rounds, each fault at least once; soak.sh runs more of them, with new seeds.</summary>
public sealed class RoundTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    public async Task Nothing_that_was_acknowledged_is_lost(int seed)
    {
        var report = await RunAsync((ulong)seed, RoundStory.Fault);

        if (report.Skipped is { } reason) Assert.Skip(reason);
        report.Problems.ShouldBeEmpty($"`--rounds 1 --first {seed}` runs it again");
        report.Lost.ShouldBe(0);
        report.Acknowledged.ShouldBeGreaterThan(0);

        // One of three that is dead to the others for ten seconds must not keep them from working.
        if (report.Fault.StartsWith(nameof(RoundFault.StopLeader), StringComparison.Ordinal))
            report.AcknowledgedMeanwhile.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Writes_that_a_majority_acknowledged_before_they_were_durable_are_missed_by_a_round()
    {
        var report = await RunAsync(6, RoundStory.RollBack);

        report.Lost.ShouldBeGreaterThan(0);
        report.Problems.ShouldContain(problem => problem.Contains("acknowledged writes are lost"));
        report.Problems.ShouldContain(problem => problem.Contains("NotLinearizable"));
    }

    [Fact]
    public async Task Tokens_that_a_majority_forgot_are_found_when_they_come_again()
    {
        var report = await RunAsync(10, RoundStory.RollBack);

        report.Problems.ShouldContain(problem => problem.Contains("was given for"));
        report.Lost.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Three_voters_become_five_and_three_others_under_writes_though_one_is_killed_in_the_joint_state()
    {
        var report = await RunAsync(1, RoundStory.Members);

        report.Problems.ShouldBeEmpty();
        report.Acknowledged.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Any_ten_seeds_have_every_fault()
    {
        var families = Enumerable.Range(37, 10).Select(seed => RoundPlan.Draw((ulong)seed).Fault).ToHashSet();

        families.ShouldContain(RoundFault.KillLeader);
        families.ShouldContain(RoundFault.KillFollower);
        families.ShouldContain(RoundFault.KillAll);
        families.ShouldContain(RoundFault.StopLeader);
        families.ShouldContain(RoundFault.CutLeader);
        families.ShouldContain(RoundFault.FullDisk);
        families.ShouldContain(fault => fault == RoundFault.DeafLeader || fault == RoundFault.MuteLeader);
    }

    private async Task<RoundReport> RunAsync(ulong seed, RoundStory story)
    {
        var report = await Campaign.RunAsync(
            seed, story, output.WriteLine, TestContext.Current.CancellationToken);
        output.WriteLine(report.ToString());
        return report;
    }
}
