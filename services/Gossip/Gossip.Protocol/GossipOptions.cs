using System.ComponentModel.DataAnnotations;

namespace Holdfast.Gossip.Protocol;

/// <summary>
/// How fast news and heartbeats travel and how sure an observer must be. The defaults notice a dead node in about one
/// second inside a cluster and in about three across clusters.
/// </summary>
public record GossipOptions
{
    public const string Section = "Gossip";

    /// <summary>
    /// Pause between two heartbeats, and between two rounds of news, inside a cluster. Shorter detects sooner and costs
    /// one small datagram per observer and round. From 20 ms to 10 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.020", "00:00:10")]
    public TimeSpan LanInterval { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// The same across clusters, where links are longer and lose more. Not below <see cref="LanInterval"/>. From 50 ms
    /// to 60 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan WanInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Pause between two rounds of news inside a cluster in which nothing changed lately. Longer saves bytes; a lost
    /// piece of news is repaired that much later. Not below <see cref="LanInterval"/>. From 100 ms to 60 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan QuietInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Pause between two looks at the processes of this node that are watched as workloads. Shorter tells of a death
    /// sooner and costs one read in <c>/proc</c> each. From 20 ms to 10 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.020", "00:00:10")]
    public TimeSpan LocalInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Suspicion (minus the decimal logarithm of the chance that the peer still lives) from which an observer accuses.
    /// One more means ten times fewer mistakes and a little later. From 1 to 16.
    /// </summary>
    [Range(1.0, 16.0)]
    public double PhiThreshold { get; init; } = 8;

    /// <summary>
    /// Heartbeat intervals remembered per observed peer. More are steadier, fewer adapt sooner. From 10 to 1,000.
    /// </summary>
    [Range(10, 1_000)]
    public int WindowSamples { get; init; } = 100;

    /// <summary>
    /// The standard deviation is never taken as smaller than this, nor than a quarter of the interval: a perfectly
    /// regular peer is still allowed to be a little late. From 1 ms to 10 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:10")]
    public TimeSpan DeviationFloor { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// A silence this much longer than the habit is forgiven (a collection, a scheduler's stall). The default lets a
    /// conviction ripen only after the 750 ms for which a kept-alive session makes Consensus refuse a fence. From 0 to
    /// 60 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan PauseAccepted { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>
    /// How many peers observe each peer. More are harder to fool and cost a heartbeat each. From 1 to 15.
    /// </summary>
    [Range(1, 15)]
    public int Observers { get; init; } = 5;

    /// <summary>
    /// A peer that was never heard directly is suspected this long after its observation began (longer where the
    /// interval asks for it). From 100 ms to 60 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan FirstContact { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Missing votes delay a conviction for at most this long; then the word of one healthy observer is enough, since
    /// Consensus decides. From 100 ms to 5 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:05:00")]
    public TimeSpan WitnessDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// An agent that was itself stopped for longer than this accuses nobody for what it did not hear meanwhile: it
    /// begins to listen anew. From 50 ms to 10 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:00:10")]
    public TimeSpan SelfPauseMax { get; init; } = TimeSpan.FromMilliseconds(400);

    /// <summary>
    /// Random peers that each round of news goes to. More spread faster and cost a datagram each. From 1 to 10.
    /// </summary>
    [Range(1, 10)]
    public int FanOut { get; init; } = 2;

    /// <summary>
    /// Pause before a fence that was refused or not answered is asked for again; once shorter, where Consensus says
    /// that less is lacking. From 50 ms to 60 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan FenceRetry { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// An observer that did not complete a conviction looks after this long, times its rank, whether the fence exists,
    /// and asks for it when it does not. From 100 ms to 5 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:05:00")]
    public TimeSpan FenceBackup { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// The largest datagram sent. Above about 1,400 bytes a network may split it, and then losing one part loses all.
    /// From 1,200 to 8,900.
    /// </summary>
    [Range(1_200, 8_900)]
    public int PacketBytesMax { get; init; } = 1_400;

    /// <summary>Peers remembered at most; further ones are counted and not learned. From 2 to 10,000.</summary>
    [Range(2, 10_000)]
    public int MembersMax { get; init; } = 1_024;

    /// <summary>A peer that is down or left is forgotten after this long. From 1 min to 30 days.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan ForgetAfter { get; init; } = TimeSpan.FromHours(24);

    /// <summary>The interval at which a peer's heartbeat is due at an observer.</summary>
    public TimeSpan IntervalBetween(bool sameCluster) => sameCluster ? LanInterval : WanInterval;
}
