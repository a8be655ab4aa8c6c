using Holdfast.Primitives;

namespace Holdfast.Client.Tests;

public sealed class LeaseTests
{
    [Theory]
    [InlineData(0, true)]
    [InlineData(4_849, true)]
    [InlineData(4_850, false)]
    [InlineData(5_000, false)]
    public void The_holder_stops_at_99_percent_of_the_time_to_live_less_the_margin(int nowMs, bool holds) =>
        new Lease(At(0), TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(100)).Holds(At(nowMs)).ShouldBe(holds);

    [Fact]
    public void Only_a_keep_alive_that_was_sent_later_prolongs()
    {
        var lease = new Lease(At(1_000), TimeSpan.FromSeconds(5), TimeSpan.Zero);

        lease.Acknowledged(At(2_000)).EndsAt.ShouldBe(At(6_950));
        lease.Acknowledged(At(2_000)).Acknowledged(At(1_500)).EndsAt.ShouldBe(At(6_950));
    }

    [Fact]
    public void The_holder_has_stopped_before_the_leader_lets_another_begin()
    {
        const int seed = 20_011;
        var random = new Random(seed);
        for (var round = 0; round < 10_000; round++)
        {
            var ttlMs = random.Next(500, 600_000);
            var sentMs = random.Next(0, 100_000);
            var underWayMs = random.Next(0, 5_000);
            // The holder's clock may run up to 1 % slow: what is 0.99 ttl on it is at most ttl on the leader's.
            var slowness = 0.99 + (random.NextDouble() * 0.01);
            var lease = new Lease(At(sentMs), TimeSpan.FromMilliseconds(ttlMs), TimeSpan.Zero);

            var holderStops = sentMs + ((lease.EndsAt - lease.SentAt).TotalMilliseconds / slowness);
            var leaderEnds = (double)sentMs + underWayMs + ttlMs;

            holderStops.ShouldBeLessThanOrEqualTo(leaderEnds + 0.001, $"seed {seed}, round {round}");
        }
    }

    private static Instant At(int ms) => Instant.Zero + TimeSpan.FromMilliseconds(ms);
}
