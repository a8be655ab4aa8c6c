namespace Holdfast.Contracts.Http;

/// <summary>
/// What a host of slots has, all of it: <c>POST /v1/hosts/{node}/sync</c>, sent again and again. What is not listed
/// does not run there, so a sync that comes late must not be believed: of two, the one of the later session counts, and
/// within a session the higher sequence.
/// </summary>
public sealed record SlotHostSync
{
    /// <summary>The highest <see cref="Capacity"/>.</summary>
    public const int CapacityMax = 10_000;

    /// <summary>The host's session in Consensus; it names the node. When it is over the host has stopped its
    /// slots.</summary>
    public required string Session { get; init; }

    /// <summary>Rises with every sync of the session.</summary>
    public required ulong Sequence { get; init; }

    /// <summary>The host's cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary>The generation of the node that the session was opened under.</summary>
    public required ulong Generation { get; init; }

    /// <summary>How many slots the host takes at once.</summary>
    public required int Capacity { get; init; }

    /// <summary>
    /// Every slot that it has started, or was asked to, and what ended until Recovery has heard of it.
    /// </summary>
    public required IReadOnlyList<HostedSlot> Running { get; init; }
}

/// <summary>One slot at its host.</summary>
public sealed record HostedSlot
{
    /// <summary>It is being started.</summary>
    public const string Starting = "starting";

    /// <summary>It runs.</summary>
    public const string Up = "running";

    /// <summary>It is being stopped.</summary>
    public const string Stopping = "stopping";

    /// <summary>It runs no more, as was asked.</summary>
    public const string Stopped = "stopped";

    /// <summary>It did not start, or ended by itself; it does not run.</summary>
    public const string Failed = "failed";

    /// <summary>The group.</summary>
    public required string Group { get; init; }

    /// <summary>The slot, from 0.</summary>
    public required int Slot { get; init; }

    /// <summary>The epoch under which it was started.</summary>
    public required string Epoch { get; init; }

    /// <summary><c>starting</c>, <c>running</c>, <c>stopping</c>, <c>stopped</c> or <c>failed</c>.</summary>
    public required string State { get; init; }

    /// <summary>What happened, in words.</summary>
    public string? Detail { get; init; }
}
