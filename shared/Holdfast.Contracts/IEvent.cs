namespace Holdfast.Contracts;

/// <summary>
/// What every event carries. An interface, not a base class: the wire has only the properties of the record itself,
/// and no exchange is made for it.
/// </summary>
public interface IEvent
{
    /// <summary>UUIDv5 of type, subject and sequence: the same change announced twice has the same id.</summary>
    Guid EventId { get; }

    /// <summary>When the source saw it happen, UTC.</summary>
    DateTime OccurredAt { get; }

    /// <summary>
    /// Who says so: <c>gossip/&lt;node&gt;</c>, <c>consensus/&lt;node&gt;</c>, <c>failover/&lt;cluster&gt;</c>, ...
    /// </summary>
    string Source { get; }

    /// <summary>What it is about, for instance <c>peer/&lt;cluster&gt;/&lt;node&gt;</c>.</summary>
    string Subject { get; }

    /// <summary>
    /// Order within a subject, compared as text: 16 hex digits of the token or generation under which the source
    /// wrote, '-', 16 hex digits of a counter.
    /// </summary>
    string Sequence { get; }
}

/// <summary>A command asks one service to do something and is answered with <see cref="CommandAccepted"/> or
/// <see cref="CommandRefused"/>.</summary>
public interface ICommand
{
    /// <summary>Chosen by the sender; a repeated command with the same id is carried out once.</summary>
    Guid CommandId { get; }
}

/// <summary>State of a subject: the newest per subject wins, older ones may be dropped.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class StateEventAttribute : Attribute
{
    /// <summary>For the audit: while the bus is away each of them is kept, and none replaces an older one.</summary>
    public bool KeepsEach { get; init; }
}

/// <summary>A fact about grains: compared grain by grain by epoch, never dropped for a newer one.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class FactEventAttribute : Attribute;
