namespace Holdfast.Contracts.Http;

/// <summary>
/// What a host shall do, all of it: an order that was carried out is repeated until a sync says so, and what is not
/// listed stays as it is. The answer of <c>POST /v1/hosts/{node}/sync</c>.
/// </summary>
public sealed record SlotHostAnswer
{
    /// <summary>The orders.</summary>
    public required IReadOnlyList<SlotOrder> Slots { get; init; }
}

/// <summary>What shall happen with one slot.</summary>
public sealed record SlotOrder
{
    /// <summary>Start it, or keep it running.</summary>
    public const string Start = "start";

    /// <summary>Stop it; it answers <c>stopped</c> afterwards.</summary>
    public const string Stop = "stop";

    /// <summary>The group.</summary>
    public required string Group { get; init; }

    /// <summary>The slot, from 0.</summary>
    public required int Slot { get; init; }

    /// <summary><c>replica</c>, <c>fork</c> or <c>standby</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>
    /// To start: its epoch. To stop: the highest epoch that shall stop. A host refuses what is below an epoch of the
    /// slot that it has seen.
    /// </summary>
    public required string Epoch { get; init; }

    /// <summary><c>start</c> or <c>stop</c>.</summary>
    public required string Action { get; init; }

    /// <summary>The W3C trace context of what caused the order, which the host continues.</summary>
    public string? TraceParent { get; init; }
}
