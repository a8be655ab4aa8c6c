namespace Holdfast.Contracts.Http;

/// <summary>
/// The groups that a Recovery knows, and the hosts it places slots on: <c>GET /v1/groups</c> of Recovery.
/// </summary>
public sealed record GroupsAnswer
{
    /// <summary>The cluster that this Recovery works for.</summary>
    public required string Cluster { get; init; }

    /// <summary>The token of its election and the version of its view.</summary>
    public required string Sequence { get; init; }

    /// <summary>Whether it holds the election <c>recovery/&lt;cluster&gt;</c>.</summary>
    public required bool Holds { get; init; }

    /// <summary>Whether it places slots now: the election is held, and Consensus was observed since.</summary>
    public required bool Acts { get; init; }

    /// <summary>The token of that election; absent where it is not held.</summary>
    public string? Token { get; init; }

    /// <summary>Reports that were not believed: they came late, or their session hosts nothing on the node.</summary>
    public required long LateReports { get; init; }

    /// <summary>Calls that a shard refused.</summary>
    public required long RefusedCalls { get; init; }

    /// <summary>The groups.</summary>
    public required IReadOnlyList<GroupAnswer> Groups { get; init; }

    /// <summary>The hosts of its cluster.</summary>
    public required IReadOnlyList<HostAnswer> Hosts { get; init; }
}

/// <summary>A group.</summary>
public sealed record GroupAnswer
{
    /// <summary>Its name.</summary>
    public required string Group { get; init; }

    /// <summary>What its slots are, in the word of its definition.</summary>
    public required string Kind { get; init; }

    /// <summary>The cluster that it was defined for.</summary>
    public required string Defined { get; init; }

    /// <summary>The cluster where it lives.</summary>
    public string? Home { get; init; }

    /// <summary>Whether this Recovery places its slots.</summary>
    public required bool PlacedHere { get; init; }

    /// <summary>How many slots are wanted.</summary>
    public required int Slots { get; init; }

    /// <summary>How many of them run.</summary>
    public required int Running { get; init; }

    /// <summary>How many of them cannot be placed.</summary>
    public required int Stuck { get; init; }

    /// <summary>How many a node may have; absent: any number.</summary>
    public int? PerNodeMax { get; init; }

    /// <summary>What is wrong with it.</summary>
    public string? Trouble { get; init; }
}

/// <summary>A host of slots.</summary>
public sealed record HostAnswer
{
    /// <summary>The node.</summary>
    public required string Node { get; init; }

    /// <summary>How many slots it takes.</summary>
    public required int Capacity { get; init; }

    /// <summary>How many it has.</summary>
    public required int Active { get; init; }

    /// <summary>For how long it has said nothing.</summary>
    public required TimeSpan SilentFor { get; init; }

    /// <summary>Whether it is given slots.</summary>
    public required bool Candidate { get; init; }
}
