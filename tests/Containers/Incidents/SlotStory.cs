using Holdfast.Contracts;
using Holdfast.Integration.Subscribers;

namespace Holdfast.Containers.Incidents;

/// <summary>Awaits what happens to the slots of one group, as a subscriber sees it.</summary>
internal sealed class SlotStory(Sightings<SeenEvent> events, string group, int slots)
{
    /// <summary>Every slot marked unhealthy, placed, and confirmed by a host of a cluster, in this order.</summary>
    /// <returns>These three events of each slot.</returns>
    public async Task<IReadOnlyList<SeenEvent>> RecoveredInAsync(string cluster, TimeSpan patience)
    {
        var seen = await events.ExpectAsync(
            $"SlotRecovered of {slots} slots of {group} in {cluster}",
            all => Recovered(all, cluster).Select(SlotOf).Distinct().Count() == slots,
            patience);
        List<SeenEvent> story = [];
        foreach (var recovered in Recovered(seen, cluster).DistinctBy(SlotOf))
        {
            var before = seen.TakeWhile(item => !ReferenceEquals(item, recovered))
                .Where(item => IsOfGroup(item) && SlotOf(item) == SlotOf(recovered))
                .ToList();
            before.ShouldContain(item => item.Exchange == EventIdentity.ExchangeOf(typeof(SlotUnhealthy)));
            before[^1].Exchange.ShouldBe(EventIdentity.ExchangeOf(typeof(SlotPlaced)));
            var unhealthy = before.Last(item => item.Exchange == EventIdentity.ExchangeOf(typeof(SlotUnhealthy)));
            story.AddRange([unhealthy, before[^1], recovered]);
        }

        return story;
    }

    private IEnumerable<SeenEvent> Recovered(IEnumerable<SeenEvent> all, string cluster) => all.Where(item =>
        item.Exchange == EventIdentity.ExchangeOf(typeof(SlotRecovered)) && IsOfGroup(item)
        && item.Text("newNode").StartsWith(cluster + "-", StringComparison.Ordinal));

    private bool IsOfGroup(SeenEvent item) =>
        item.Body.TryGetProperty("group", out var name) && name.GetString() == group;

    private static int SlotOf(SeenEvent item) => item.Body.GetProperty("slot").GetInt32();
}
