using Holdfast.Failover.Rounds.World;

namespace Holdfast.Failover.Rounds.Rounds;

/// <summary>Ten rounds, each fault at least once; soak.sh runs more of them, with new seeds.</summary>
public sealed class RoundTests(RoundsOfATest rounds, ITestOutputHelper output) : IClassFixture<RoundsOfATest>
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
    public async Task No_grain_has_two_owners_or_none_and_every_change_is_told(int seed)
    {
        var report = await RunAsync(RoundPlan.Draw((ulong)seed));

        report.Problems.ShouldBeEmpty($"{report}");
        report.At.ShouldNotBeNull("the sweep was over before the fault");
        report.Refused.ShouldBeGreaterThan(0, "the old owner wrote to the end");
    }

    /// <summary>What comes later does again what was done before: it looks whether a grain is left.</summary>
    [Fact]
    public async Task Rounds_go_through_all_that_a_calm_sweep_does()
    {
        // A seed of its own: the grains of one round are not those of another.
        var calm = RoundPlan.Draw(11, RoundFault.PromoterKilled) with { After = int.MaxValue };

        var report = await RunAsync(calm);

        report.Problems.ShouldBeEmpty($"{report}");
        report.Course.Count.ShouldBeGreaterThan(RoundPlan.Steps);
        var steps = report.Course.Select(step => $"{step}").ToList();
        steps.Skip(RoundPlan.Steps).Except(steps.Take(RoundPlan.Steps)).ShouldBeEmpty();
        for (var shard = 0; shard < Installation.Shards; shard++)
            foreach (var work in (string[])["grant", "promotion", "trim"])
                steps.Take(RoundPlan.Steps).ShouldContain($"the {work} on shard {shard}");
    }

    [Fact]
    public async Task A_resource_that_ignores_epochs_is_found_by_a_round()
    {
        var report = await RunAsync(Mistaken(RoundMistake.IgnoresEpochs));

        report.Problems.ShouldContain(problem => problem.StartsWith("2: a write of "));
        report.Problems.ShouldAllBe(problem => problem.StartsWith("2: "));
    }

    [Fact]
    public async Task An_announcement_that_is_missed_is_found_by_a_round()
    {
        var report = await RunAsync(Mistaken(RoundMistake.MissesAnAnnouncement));

        report.Problems.ShouldContain(problem => problem.Contains("nobody told how it came there"));
        report.Problems.ShouldAllBe(problem => problem.StartsWith("announced: "));
    }

    /// <summary>A few grains do: what is wrong with one is found.</summary>
    private static RoundPlan Mistaken(RoundMistake mistake) =>
        RoundPlan.Draw(1, mistake: mistake) with { Grains = 300 };

    private async Task<RoundReport> RunAsync(RoundPlan plan)
    {
        var report = await rounds.Campaign.RunAsync(plan, output.WriteLine, TestContext.Current.CancellationToken);
        output.WriteLine(report.ToString());
        return report;
    }
}

/// <summary>The rounds of one class share their processes, which take longer to start than a round.</summary>
public sealed class RoundsOfATest : IAsyncDisposable
{
    internal Campaign Campaign { get; } = new();

    public ValueTask DisposeAsync() => Campaign.DisposeAsync();
}
