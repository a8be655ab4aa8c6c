using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Recovery.Protocol;

/// <summary>
/// What the shell must do now. All of it may go at once and in any order; every answer comes back as an input. Each
/// thing asked for is asked for once until it is answered.
/// </summary>
public sealed record RecoveryOutput
{
    /// <summary>Read Consensus' snapshot; answer with <c>Observed</c> or <c>ObserveFailed</c>.</summary>
    public bool Observe { get; init; }

    /// <summary>What is observed is to reach so far: ask another voter where one stays behind.</summary>
    public Token ObserveFrom { get; init; }

    /// <summary>Advance the own election; answer with <c>Advanced</c> or <c>AdvanceFailed</c>.</summary>
    public bool AdvanceElection { get; init; }

    /// <summary>Calls, at most one per group under way; answer each with <c>CallEnded</c>.</summary>
    public ImmutableArray<GroupCall> Calls { get; init; } = [];

    /// <summary>
    /// The orders for the host whose report this step took; null where they are not this one's to give.
    /// </summary>
    public ImmutableArray<SlotOrder>? Orders { get; init; }

    /// <summary>Hosts to be told that there is an order for them; none relies on it.</summary>
    public ImmutableArray<HostNudge> Nudges { get; init; } = [];

    /// <summary>When the next <c>Tick</c> is wanted; null when only another input can change anything.</summary>
    public Instant? WakeAt { get; init; }
}

/// <summary>A call about one group, made under the token of the own election.</summary>
public abstract record GroupCall(GroupId Group, Token Token)
{
    /// <summary>
    /// In this order: look whether the own cluster is the home; claim the group's grain; install the token as the grant
    /// on its shard; read its slots. Read after the installation, they change by nobody else's hand any more.
    /// </summary>
    /// <param name="Group">The group.</param>
    /// <param name="Token">The token to install.</param>
    /// <param name="MayFound">Whether to claim a grain that nobody has.</param>
    public sealed record Open(GroupId Group, Token Token, bool MayFound) : GroupCall(Group, Token);

    /// <summary>Writes slots, all or none, each with its event in the same step.</summary>
    /// <param name="Group">The group.</param>
    /// <param name="Token">Installed before.</param>
    /// <param name="Kind">The kind of the group.</param>
    /// <param name="Writes">At most <see cref="WritesMax"/>.</param>
    /// <param name="TraceParent">The trace of what caused them.</param>
    public sealed record Put(
        GroupId Group, Token Token, string Kind, ImmutableArray<SlotWrite> Writes, string? TraceParent)
        : GroupCall(Group, Token)
    {
        /// <summary>The most slots of one call, as the directory has it.</summary>
        public const int WritesMax = 500;
    }
}
