using Holdfast.Primitives;

namespace Holdfast.Simulation.Tests;

public sealed class SimulatedNetworkTests
{
    private static readonly NodeId A = new("a");
    private static readonly NodeId B = new("b");
    private static readonly NodeId C = new("c");

    private readonly Schedule _schedule = new(new Trace());
    private readonly List<int> _got = [];

    [Fact]
    public void A_good_network_brings_everything_once_and_reorders_it()
    {
        var network = Network(new NetworkOptions());
        for (var i = 0; i < 100; i++) network.Send(A, B, i);
        RunFor(1);
        _got.Order().ShouldBe(Enumerable.Range(0, 100));
        _got.ShouldNotBe(Enumerable.Range(0, 100));
    }

    [Fact]
    public void A_bad_network_loses_repeats_and_holds_up()
    {
        var network = Network(new NetworkOptions { Loss = 0.3, Duplication = 0.3, Straggling = 0.3 });
        for (var i = 0; i < 1000; i++) network.Send(A, B, i);
        _schedule.RunUntil(Instant.Zero + TimeSpan.FromMilliseconds(10));
        var early = _got.Count;
        RunFor(3);
        _got.Count.ShouldBeGreaterThan(early);
        _got.Distinct().Count().ShouldBeInRange(600, 800);
        _got.Count.ShouldBeGreaterThan(_got.Distinct().Count() + 100);
        network.LostCount.ShouldBe(1000 - _got.Distinct().Count());
    }

    [Fact]
    public void A_cut_in_one_direction_leaves_the_other_open()
    {
        var network = Network(new NetworkOptions());
        network.CutOneWay(A, B);
        network.Send(A, B, 1);
        network.Send(B, A, 2);
        RunFor(1);
        _got.ShouldBe([2]);
    }

    [Fact]
    public void Sides_hear_nothing_of_each_other_until_all_heals()
    {
        var network = Network(new NetworkOptions());
        network.Partition([A], [A, B, C]);
        network.Send(A, B, 1);
        network.Send(C, A, 2);
        network.Send(B, C, 3);
        RunFor(1);
        network.Heal();
        network.Send(A, B, 4);
        RunFor(2);
        _got.ShouldBe([3, 4]);
    }

    [Fact]
    public void A_flip_flop_link_comes_and_goes_until_all_heals()
    {
        var network = Network(new NetworkOptions());
        network.FlipFlop(A, B, TimeSpan.FromMilliseconds(20));
        for (var i = 0; i < 1000; i++)
        {
            var number = i;
            _schedule.After(TimeSpan.FromMilliseconds(i), () => network.Send(A, B, number));
        }

        RunFor(2);
        _got.Count.ShouldBeInRange(200, 800);
        network.Heal();
        RunFor(3);
        network.IsCut(A, B).ShouldBeFalse();
    }

    private SimulatedNetwork<int> Network(NetworkOptions options) =>
        new(_schedule, new Chance(1), options, (_, _, message) => _got.Add(message));

    private void RunFor(int seconds) => _schedule.RunUntil(Instant.Zero + TimeSpan.FromSeconds(seconds));
}
