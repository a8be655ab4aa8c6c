using Holdfast.Client.Handoff;
using Holdfast.Primitives;

namespace Holdfast.Client.AspNetCore;

/// <summary>A Kestrel application that can be handed to another build.</summary>
public sealed record KestrelDaemonOptions : HandoffDaemonOptions
{
    /// <summary>
    /// While the process drains, a connection without a request for this long is closed. Longer is kinder to clients
    /// that pause between requests, shorter ends the draining sooner. From 10 ms to 1 min.
    /// </summary>
    public TimeSpan IdleClose { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long connections from before the draining may take to end while new ones are still accepted; at most half
    /// the grace. From 0 to 10 min.
    /// </summary>
    public TimeSpan Turnover { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The daemon's grain as <c>node/name</c>, in the directory of the section <c>Directory</c>; its epoch is the
    /// fence. Absent: the fence is the supervisor's epoch file, or a file in the data directory, which orders the
    /// processes of this daemon only.
    /// </summary>
    public string? Grain { get; init; }

    /// <summary>The cluster that the grain belongs to; wanted with <see cref="Grain"/>.</summary>
    public string? Cluster { get; init; }

    /// <inheritdoc/>
    public override IEnumerable<string> Problems()
    {
        foreach (var problem in base.Problems()) yield return problem;
        if (IdleClose < TimeSpan.FromMilliseconds(10) || IdleClose > TimeSpan.FromMinutes(1))
            yield return $"{Section}:IdleClose is {IdleClose}; 00:00:00.010 to 00:01:00 is wanted.";
        if (Turnover < TimeSpan.Zero || Turnover > TimeSpan.FromMinutes(10))
            yield return $"{Section}:Turnover is {Turnover}; 0 to 00:10:00 is wanted.";
        if (Grain is not null != Cluster is not null)
            yield return $"{Section}:Grain and {Section}:Cluster go together.";
        if (Cluster is not null && !ClusterId.IsLegal(Cluster))
            yield return $"{Section}:Cluster is '{Cluster}'; 1 to 128 of A-Z a-z 0-9 . _ - are wanted.";
    }
}
