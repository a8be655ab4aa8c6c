using Holdfast.Simulation;

namespace Holdfast.Failover.Service.Tests.Simulation;

/// <summary>
/// Promoters killed, and stopped and woken, between every two steps of a sweep and before each shard's write: nobody
/// owns twice, nothing late acts, every change is announced, and all is owned by the living in the end.
/// </summary>
public sealed class SweepSimulationTests(ITestOutputHelper output)
{
    private const long Seeds = 200;

    // A lie about one grant is caught only where a late call meets just that shard.
    private const long SeedsOfAMistake = 5 * Seeds;

    [Theory]
    [InlineData("Kill")]
    [InlineData("Stop")]
    public void A_promoter_may_end_or_hang_at_every_single_step_of_a_sweep(string what)
    {
        var disturbance = Enum.Parse<Disturbance>(what);
        var calm = new SweepWorld(1, (int.MaxValue, disturbance));
        calm.Run();
        calm.Steps.ShouldBeGreaterThan(20);
        calm.Sealing.ShouldBeGreaterThanOrEqualTo(1 + DirectoryUnderWatch.Shards, "A new token, told to every shard.");
        calm.Directory.Promoted.ShouldBe(24);
        for (var step = 0; step < calm.Steps; step++)
        {
            var world = new Campaign("sweep", seed => new SweepWorld(seed, (step, disturbance))).Run(1);
            world.Figures.Single(figure => figure.Name == "disturbed").Count.ShouldBe(1, $"step {step}");
        }

        output.WriteLine($"{calm.Steps} steps, {calm.Sealing} of them of seals");
    }

    [Fact]
    public void Promoters_that_end_and_hang_at_any_steps_leave_every_grain_with_one_owner_who_lives()
    {
        var campaign = new Campaign("sweep", seed => new SweepWorld(seed));
        campaign.Run(1, Seeds, TimeSpan.FromSeconds(20), seedsMin: 30);
        foreach (var (figure, count) in campaign.Figures) output.WriteLine($"{figure}: {count}");
        campaign.Figures["disturbed"].ShouldBeGreaterThan(campaign.Seeds / 2);
        campaign.Figures["promotions refused"].ShouldBeGreaterThan(0);
        campaign.Figures["writes refused"].ShouldBeGreaterThan(0);
    }

    [Fact]
    public void A_seed_takes_the_same_course_twice()
    {
        var (first, second) = (new SweepWorld(7), new SweepWorld(7));
        first.Run();
        second.Run();
        second.Trace.Digest.ShouldBe(first.Trace.Digest);
    }

    [Theory]
    [InlineData("IgnoresTheGrant", "A later grant was installed")]
    [InlineData("LiesAboutInstalling", "A later grant was installed")]
    [InlineData("ResourceIsBlind", "went through")]
    [InlineData("LosesAnAnnouncement", "should contain")]
    public void A_mistake_is_caught(string mistake, string word)
    {
        var campaign = new Campaign(
            "sweep", seed => new SweepWorld(seed, mistake: Enum.Parse<Mistake>(mistake)));
        var failure = Should.Throw<SeedFailedException>(() => campaign.Run(
            1, SeedsOfAMistake, TimeSpan.FromSeconds(60), SeedsOfAMistake));
        failure.Message.ShouldContain(word);
        output.WriteLine(failure.Message);
    }
}
