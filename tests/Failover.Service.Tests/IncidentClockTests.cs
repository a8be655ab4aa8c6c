using System.Globalization;
using Holdfast.Contracts;
using Holdfast.Failover.Service.Events;
using Holdfast.Failover.Service.Tests.World;
using Holdfast.Processes;

namespace Holdfast.Failover.Service.Tests;

[Collection(Alone.Name)]
public sealed class IncidentClockTests
{
    private const int GrainsMax = 100_000;

    private static readonly DateTime At = new(2026, 3, 4, 5, 6, 7, DateTimeKind.Utc);

    [Fact]
    public void Grains_whose_claim_was_never_seen_do_not_end_the_measuring_of_others()
    {
        using var figures = new FigureLog("Holdfast.Failover");
        var clock = new IncidentClock();
        foreach (var batch in Enumerable.Range(0, GrainsMax).Chunk(500)) clock.Hear(Promoted(batch));

        clock.Hear(Promoted([GrainsMax]));
        clock.Hear(Claimed(At + TimeSpan.FromSeconds(7.25), [GrainsMax]));

        figures.Of("holdfast.failover.claim").ShouldHaveSingleItem().Value.ShouldBe(7.25);
    }

    [Fact]
    public void A_claim_is_measured_once_from_the_latest_promotion_before_it_and_a_later_claim_of_others_too()
    {
        using var figures = new FigureLog("Holdfast.Failover");
        var clock = new IncidentClock();
        clock.Hear(Promoted([1, 2]));
        clock.Hear(Promoted([2, 3]) with { OccurredAt = At + TimeSpan.FromSeconds(1) });

        clock.Hear(Claimed(At + TimeSpan.FromSeconds(3), [2]));
        clock.Hear(Promoted([4]) with { OccurredAt = At + TimeSpan.FromSeconds(3) });
        clock.Hear(Claimed(At + TimeSpan.FromSeconds(7), [1, 2, 4]));

        figures.Of("holdfast.failover.claim").Select(figure => figure.Value).ShouldBe([2, 7, 4]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_death_is_measured_up_to_its_fence_whichever_is_heard_first(bool isFenceFirst)
    {
        using var figures = new FigureLog("Holdfast.Failover");
        var clock = new IncidentClock();
        var fenced = NodeEvents.Fenced(At + TimeSpan.FromSeconds(1.5));

        if (isFenceFirst) clock.Hear(fenced);
        clock.Hear(NodeEvents.Down(At));
        if (!isFenceFirst) clock.Hear(fenced);

        figures.Of("holdfast.failover.detection", "cluster=east").ShouldHaveSingleItem().Value.ShouldBe(1.5);
    }

    private static GrainPromoted Promoted(int[] grains) => new()
    {
        EventId = Guid.NewGuid(),
        OccurredAt = At,
        Source = "directory",
        Subject = "shard/00",
        Sequence = EventIdentity.Sequence(1, 1),
        Shard = 0,
        Cause = "silence",
        Token = "0001000000000080",
        Grains = [.. grains.Select(Change)],
        ToCluster = "west",
    };

    private static GrainClaimed Claimed(DateTime at, int[] grains) => new()
    {
        EventId = Guid.NewGuid(),
        OccurredAt = at,
        Source = "directory",
        Subject = "shard/00",
        Sequence = EventIdentity.Sequence(1, 2),
        Shard = 0,
        Cause = "claim",
        Token = "0001000000000081",
        Grains = [.. grains.Select(Change)],
        ToCluster = "west",
        Holder = "0001000000000081",
    };

    private static GrainChange Change(int grain) => new()
    {
        Type = "order",
        Key = grain.ToString(CultureInfo.InvariantCulture),
        NewEpoch = "0001000000000080-0000000000000001",
    };
}
