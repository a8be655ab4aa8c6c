namespace Holdfast.Failover.Rounds.Rounds;

/// <summary>What a campaign is told of a round, however it ends.</summary>
public sealed class RoundWatchTests
{
    private static readonly RoundReport Well = new() { Plan = RoundPlan.Draw(1) };
    private static readonly Task Never = new TaskCompletionSource().Task;

    [Fact]
    public async Task A_round_that_ends_reports_itself() =>
        (await Watch(Never).ReportAsync(Task.FromResult(Well), CancellationToken.None)).ShouldBe(Well);

    [Fact]
    public async Task A_round_that_waited_in_vain_is_reported_as_broken()
    {
        var late = Task.FromException<RoundReport>(new TimeoutException("Not seen within 90 s: a new owner."));

        var report = await Watch(Never).ReportAsync(late, CancellationToken.None);

        report.Problems.ShouldBe(["Not seen within 90 s: a new owner."]);
    }

    [Fact]
    public async Task A_round_whose_passage_breaks_is_reported_without_its_end()
    {
        var broken = Task.FromException(new InvalidOperationException("A passage of west-1 broke."));

        var report = await Watch(broken).ReportAsync(Endless(), CancellationToken.None);

        report.Problems.ShouldBe(["A passage of west-1 broke."]);
    }

    [Fact]
    public async Task A_round_without_an_end_is_given_up()
    {
        var watch = Watch(Never) with { Patience = TimeSpan.FromMilliseconds(20) };

        var report = await watch.ReportAsync(Endless(), CancellationToken.None);

        report.Problems.ShouldBe(["The round did not end within 00:00:00.0200000."]);
    }

    private static RoundWatch Watch(Task broken) => new(
        broken, TimeSpan.FromMinutes(1), failure => Task.FromResult(Well with { Problems = [failure.Message] }));

    private static Task<RoundReport> Endless() => new TaskCompletionSource<RoundReport>().Task;
}
