namespace Holdfast.Contracts;

/// <summary>
/// Defines a group of slots.
/// </summary>
public sealed record DefineGroup : ICommand
{
    /// <summary>Chosen by the sender; a repeat is carried out once.</summary>
    public required Guid CommandId { get; init; }

    /// <summary>The group.</summary>
    public required string Group { get; init; }

    /// <summary><c>replica</c>, <c>fork</c> or <c>standby</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Where it lives.</summary>
    public required string ClusterId { get; init; }

    /// <summary>How many slots, 1 to 65,535.</summary>
    public required int Slots { get; init; }

    /// <summary>How many slots one node may host; absent: as many as it has room for.</summary>
    public int? PerNodeMax { get; init; }
}
