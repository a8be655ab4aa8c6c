using Holdfast.Contracts;
using Holdfast.Integration.Subscribers;
using Holdfast.Primitives;

namespace Holdfast.Integration.Incidents;

/// <summary>Awaits the events of one cluster's death in turn, as a subscriber sees them.</summary>
internal sealed class IncidentStory(Sightings<SeenEvent> events, string cluster)
{
    private IReadOnlyList<SeenEvent> _fenced = [];
    private SeenEvent? _started;
    private IReadOnlyList<SeenEvent> _promoted = [];
    private SeenEvent? _completed;

    /// <summary>The cluster that took over.</summary>
    public string NewCluster => _started!.Text("byCluster");

    /// <summary>The trace of the promotion.</summary>
    public string TraceId => _promoted[0].TraceId;

    /// <summary>The traces of the fences of its nodes, of which one completed the cluster's verdict.</summary>
    public IReadOnlyCollection<string> FenceTraces => [.. _fenced.Select(fenced => fenced.TraceId)];

    public async Task SuspectedAsync(TimeSpan patience) => await OfBothNodesAsync<PeerSuspected>(patience);

    public async Task DownAsync(TimeSpan patience)
    {
        var down = await OfBothNodesAsync<PeerDown>(patience);
        down.ShouldAllBe(one => IsObserved(one));
    }

    public async Task FencedAsync(TimeSpan patience)
    {
        _fenced = await OfBothNodesAsync<PeerFenced>(patience);
        _fenced.ShouldAllBe(fenced => fenced.Text("cause") == "silence");
    }

    public async Task StartedAsync(TimeSpan patience) =>
        _started = await events.ExpectAsync($"FailoverStarted of {cluster}", IsAbout<FailoverStarted>, patience);

    /// <summary>Each grain, in whatever batches, by one cluster.</summary>
    public async Task PromotedAsync(IReadOnlyList<GrainId> grains, TimeSpan patience)
    {
        var wanted = grains.Select(grain => grain.Key).ToHashSet(StringComparer.Ordinal);
        var seen = await events.ExpectAsync(
            $"GrainPromoted of {wanted.Count} grains",
            all => wanted.IsSubsetOf(Promotions(all).SelectMany(Keys)),
            patience);
        _promoted = [.. Promotions(seen)];
        _promoted.ShouldAllBe(promoted => promoted.Text("toCluster") == NewCluster);
    }

    public async Task CompletedAsync(TimeSpan patience) =>
        _completed = await events.ExpectAsync($"FailoverCompleted of {cluster}", IsAbout<FailoverCompleted>, patience);

    /// <summary>
    /// The conviction that completed the verdict over the cluster is the ancestor of all that followed, up to what the
    /// subscriber holds in its hand. Two agents may convict one node, each on a trace of its own, so that word of the
    /// one that counted may come last.
    /// </summary>
    public async Task IsOneTraceAsync(TimeSpan patience)
    {
        var trace = _promoted.Select(promoted => promoted.TraceId).Distinct().ShouldHaveSingleItem();
        trace.Length.ShouldBe(32);
        _started!.TraceId.ShouldBe(trace);
        _completed!.TraceId.ShouldBe(trace);

        // Announced at least once: a repeat is the same fence.
        var node = _fenced.Where(fenced => fenced.TraceId == trace).DistinctBy(fenced => fenced.Text("eventId"))
            .ShouldHaveSingleItem().Text("nodeId");
        var down = await events.ExpectAsync(
            $"PeerDown of {node} on the trace {trace}",
            (SeenEvent item) => Is<PeerDown>(item) && item.TraceId == trace && item.Text("nodeId") == node,
            patience);
        IsObserved(down).ShouldBeTrue();
    }

    private static bool IsObserved(SeenEvent down) => down.Body.GetProperty("observers").GetArrayLength() > 0;

    private async Task<IReadOnlyList<SeenEvent>> OfBothNodesAsync<T>(TimeSpan patience)
        where T : IEvent
    {
        string[] nodes = [$"{cluster}-1", $"{cluster}-2"];
        var seen = await events.ExpectAsync(
            $"{typeof(T).Name} of {string.Join(" and ", nodes)}",
            all => nodes.All(node => all.Any(item => Is<T>(item) && item.Text("nodeId") == node)),
            patience);
        return [.. seen.Where(item => Is<T>(item) && nodes.Contains(item.Text("nodeId"), StringComparer.Ordinal))];
    }

    private bool IsAbout<T>(SeenEvent item)
        where T : IEvent => Is<T>(item) && item.Text("failedCluster") == cluster;

    private static bool Is<T>(SeenEvent item)
        where T : IEvent => item.Exchange == EventIdentity.ExchangeOf(typeof(T));

    private IEnumerable<SeenEvent> Promotions(IEnumerable<SeenEvent> all) =>
        all.Where(item => Is<GrainPromoted>(item) && item.Text("fromCluster") == cluster);

    private static IEnumerable<string> Keys(SeenEvent promoted) =>
        promoted.Body.GetProperty("grains").EnumerateArray()
            .Select(grain => grain.GetProperty("key").GetString() ?? "");
}
