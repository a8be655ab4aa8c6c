using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Holdfast.Failover.Protocol;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Tests;

/// <summary>What the gauges say of clusters that come and go.</summary>
public sealed class GaugesTests
{
    private const string Stranded = "holdfast.failover.stranded";
    private const string Refused = "holdfast.failover.refused";

    // A name of its own: other tests move the same gauges meanwhile.
    private static readonly ClusterId Gone = new("gone-of-gauges-tests");

    [Fact]
    public void A_cluster_that_is_not_watched_any_more_strands_and_refuses_nothing()
    {
        using var listener = new MeterListener();
        var said = new List<(string Name, long Value)>();
        Listen(listener, said);
        var empty = View([]);
        var watched = View([Unknown(grains: 3)]);

        Telemetry.Stands(watched, empty);
        Telemetry.Stands(empty, watched);
        Telemetry.Stands(empty, empty);

        said.ShouldBe([(Stranded, 3), (Refused, 1), (Stranded, 0), (Refused, 0)]);
    }

    [Fact]
    public void What_is_stranded_is_not_said_to_be_nothing_where_it_is_not_known()
    {
        using var listener = new MeterListener();
        var said = new List<(string Name, long Value)>();
        Listen(listener, said);
        var (counted, unknown) = (View([Unknown(grains: 3)]), View([Unknown(grains: null)]));

        Telemetry.Stands(counted, View([]));
        Telemetry.Stands(unknown, counted);

        said.ShouldBe([(Stranded, 3), (Refused, 1), (Refused, 1)]);
    }

    [Fact]
    public void Who_lost_the_election_strands_nothing_for_it_counts_no_more()
    {
        using var listener = new MeterListener();
        var said = new List<(string Name, long Value)>();
        Listen(listener, said);
        var (held, lost) = (View([Unknown(grains: 3)]), View([Unknown(grains: null)]) with { IsHeld = false });

        Telemetry.Stands(held, View([]));
        Telemetry.Stands(lost, held);

        said.ShouldBe([(Stranded, 3), (Refused, 1), (Stranded, 0), (Refused, 1)]);
    }

    private static ClusterView Unknown(long? grains) => new()
    {
        Cluster = Gone,
        Phase = "Monitoring",
        Refused = RefusalReason.NobodyKnown,
        Grains = grains,
    };

    private static FailoverView View(ImmutableArray<ClusterView> clusters) => new()
    {
        Version = 1,
        Cluster = new ClusterId("west"),
        IsHeld = true,
        Token = new Token(1),
        Refused = 0,
        Holders = [],
        Clusters = clusters,
        Shards = [],
    };

    private static void Listen(MeterListener listener, List<(string Name, long Value)> said)
    {
        listener.InstrumentPublished = (instrument, heard) =>
        {
            if (instrument.Name is Stranded or Refused) heard.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((from, value, tags, _) => Hear(from, value, tags));
        listener.SetMeasurementEventCallback<int>((from, value, tags, _) => Hear(from, value, tags));
        listener.Start();

        void Hear(Instrument from, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (Gone.Value.Equals(tags[0].Value)) said.Add((from.Name, value));
        }
    }
}
