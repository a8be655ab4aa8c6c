namespace Holdfast.Simulation.Tests;

public sealed class CampaignTests
{
    [Fact]
    public void Seeds_are_counted_and_their_figures_summed()
    {
        var campaign = new Campaign("dice", static seed => new Dice(seed));
        campaign.Run(first: 1, seedsMax: 10, TimeSpan.MaxValue);
        campaign.Seeds.ShouldBe(10);
        campaign.Simulated.ShouldBe(TimeSpan.FromHours(10));
        campaign.ToString().ShouldStartWith("dice: 10 seeds, 10.00 simulated hours");
        campaign.Figures["eyes"].ShouldBeInRange(10, 60);
    }

    [Fact]
    public void A_failure_names_its_seed_and_how_to_see_it_again()
    {
        var campaign = new Campaign("dice", static seed => new Dice(seed, broken: 7));
        var failed = Should.Throw<SeedFailedException>(() => campaign.Run(5, 100, TimeSpan.MaxValue));
        failed.Seed.ShouldBe(7UL);
        failed.Message.ShouldBe("Seed 7 of dice: The die broke. (six sides) Replay with --world dice --seed 7.");
        campaign.FindFailure(8, 100).ShouldBeNull();
    }

    [Fact]
    public void Time_ends_a_campaign_but_not_before_its_minimum()
    {
        var campaign = new Campaign("dice", static seed => new Dice(seed));
        campaign.Run(1, long.MaxValue, TimeSpan.Zero, seedsMin: 3);
        campaign.Seeds.ShouldBe(3);
    }

    [Fact]
    public void Arguments_say_what_to_run()
    {
        SimulationArguments.AreMeant(["-xml", "out"]).ShouldBeFalse();
        SimulationArguments.AreMeant(["--seed", "4"]).ShouldBeTrue();
        var parsed = SimulationArguments.Parse(["--seeds", "20", "--hours", "1.5", "--world", "raft", "--first", "9"]);
        parsed.ShouldBe(new SimulationArguments
        {
            Seeds = 20,
            Limit = TimeSpan.FromMinutes(90),
            World = "raft",
            First = 9,
        });
        Should.Throw<FormatException>(() => SimulationArguments.Parse(["--sed", "1"])).Message.ShouldContain("--sed");
        Should.Throw<FormatException>(() => SimulationArguments.Parse(["--seed"])).Message.ShouldContain("a value");
    }

    private sealed class Dice(ulong seed, ulong broken = 0) : ISimulatedWorld
    {
        private int _eyes;

        public string Options => "six sides";

        public Trace Trace { get; } = new();

        public TimeSpan Simulated => TimeSpan.FromHours(1);

        public IEnumerable<(string Name, long Count)> Figures => [("eyes", _eyes)];

        public void Run()
        {
            _eyes = 1 + new Chance(seed).Next(6);
            if (seed == broken) throw new InvalidOperationException("The die broke.");
        }
    }
}
