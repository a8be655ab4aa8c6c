using System.Collections.Immutable;
using System.Text.Json;
using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Hosting;
using Holdfast.Recovery.Protocol;
using Holdfast.Recovery.Service.Loop;

namespace Holdfast.Recovery.Service.Http;

/// <summary>The state of Recovery in the words of the wire.</summary>
internal sealed class RecoverySnapshot(RecoveryLoop loop) : ISnapshotSource
{
    public object Snapshot()
    {
        var view = loop.View();
        return new SnapshotAnswer
        {
            Groups = RecoveryAnswers.Groups(view),
            Slots = RecoveryAnswers.Slots(view, stuckOnly: false),
        };
    }
}

/// <summary>From the machine's view to answers.</summary>
internal static class RecoveryAnswers
{
    public static GroupsAnswer Groups(RecoveryView view) => new()
    {
        Cluster = view.Cluster.Value,
        Sequence = EventIdentity.Sequence(view.Token.Value, view.Version),
        Holds = view.IsHeld,
        Acts = view.IsActing,
        Token = view.IsHeld ? view.Token.ToString() : null,
        LateReports = view.LateReports,
        RefusedCalls = view.RefusedCalls,
        Groups = [.. view.Groups.Select(Describe)],
        Hosts =
        [
            .. view.Hosts.Select(host => new HostAnswer
            {
                Node = host.Node.Value,
                Capacity = host.Capacity,
                Active = host.Active,
                SilentFor = host.SilentFor,
                Candidate = host.IsCandidate,
            }),
        ],
    };

    public static IReadOnlyList<SlotAnswer> Slots(RecoveryView view, bool stuckOnly) =>
    [
        .. from lane in view.Groups
           from slot in lane.Slots
           where !stuckOnly || slot.IsStuck
           select Describe(lane, slot),
    ];

    public static IReadOnlyList<PlannedAnswer> Plan(ImmutableArray<PlannedPlacement> plan) =>
    [
        .. plan.Select(planned => new PlannedAnswer(
            planned.Slot.Group.Value, planned.Slot.Index, planned.Node?.Value, planned.NotBefore)),
    ];

    private static GroupAnswer Describe(GroupView group) => new()
    {
        Group = group.Group.Value,
        Kind = group.Definition.Kind,
        Defined = group.Definition.Home.Value,
        Home = group.Home?.Value,
        PlacedHere = group.IsOpen,
        Slots = group.Definition.Slots,
        Running = group.Slots.Count(slot => slot.Record is { State: SlotState.Running }),
        Stuck = group.Slots.Count(slot => slot.IsStuck),
        PerNodeMax = group.Definition.PerNodeMax,
        Trouble = group.Trouble,
    };

    private static SlotAnswer Describe(GroupView group, SlotView slot) => new()
    {
        Subject = $"slot/{group.Group}/{slot.Index}",
        Group = group.Group.Value,
        Slot = slot.Index,
        Wanted = slot.IsWanted,
        State = slot.IsUnreadable ? "unreadable"
            : slot.Record is { } known ? JsonNamingPolicy.CamelCase.ConvertName(known.State.ToString()) : null,
        Node = slot.Record?.Node?.Value,
        Epoch = slot.Record?.Epoch.ToString(),
        OldNode = slot.Record?.Previous?.Value,
        Attempt = slot.Record?.Attempt ?? 0,
        Misses = slot.Misses,
        Reason = slot.Reason,
        DownFor = slot.DownFor,
    };
}

/// <summary><c>GET /snapshot</c>.</summary>
internal sealed record SnapshotAnswer
{
    public required GroupsAnswer Groups { get; init; }

    public required IReadOnlyList<SlotAnswer> Slots { get; init; }
}

/// <summary>A slot of <c>GET /v1/slots</c>.</summary>
internal sealed record SlotAnswer
{
    public required string Subject { get; init; }

    public required string Group { get; init; }

    public required int Slot { get; init; }

    public required bool Wanted { get; init; }

    /// <summary><c>unreadable</c> where its record is there and cannot be read; null where it has none.</summary>
    public string? State { get; init; }

    public string? Node { get; init; }

    public string? Epoch { get; init; }

    public string? OldNode { get; init; }

    public required int Attempt { get; init; }

    public required int Misses { get; init; }

    public string? Reason { get; init; }

    public TimeSpan? DownFor { get; init; }
}

/// <summary>Where a slot would go now: <c>GET /v1/plan</c>.</summary>
internal sealed record PlannedAnswer(string Group, int Slot, string? Node, TimeSpan NotBefore);
