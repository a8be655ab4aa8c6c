using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Holdfast.Primitives;

/// <summary>The rule that all names share: 1 to 128 characters of <c>[A-Za-z0-9._-]</c>.</summary>
internal static class NameRule
{
    public const int LengthMax = 128;

    public static bool Allows([NotNullWhen(true)] string? text)
    {
        if (text is not { Length: > 0 and <= LengthMax }) return false;
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-')) return false;
        }

        return true;
    }

    public static string Demand(string? text, string what) => Allows(text)
        ? text
        : throw new FormatException(
            $"'{text}' is not a {what}: 1 to {LengthMax} characters of A-Z a-z 0-9 . _ - are wanted.");
}

/// <summary>One host with a Gossip agent. 1 to 128 characters of <c>[A-Za-z0-9._-]</c>.</summary>
public readonly record struct NodeId : IComparable<NodeId>
{
    private readonly string? _value;

    /// <exception cref="FormatException">The text breaks the rule of names.</exception>
    public NodeId(string value) => _value = NameRule.Demand(value, "node id");

    public string Value => _value ?? "";

    public static bool IsLegal([NotNullWhen(true)] string? text) => NameRule.Allows(text);

    public int CompareTo(NodeId other) => string.CompareOrdinal(Value, other.Value);

    public static bool operator <(NodeId left, NodeId right) => left.CompareTo(right) < 0;

    public static bool operator >(NodeId left, NodeId right) => left.CompareTo(right) > 0;

    public static bool operator <=(NodeId left, NodeId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(NodeId left, NodeId right) => left.CompareTo(right) >= 0;

    public override string ToString() => Value;
}

/// <summary>A failure domain that owns grains. 1 to 128 characters of <c>[A-Za-z0-9._-]</c>.</summary>
public readonly record struct ClusterId : IComparable<ClusterId>
{
    private readonly string? _value;

    /// <exception cref="FormatException">The text breaks the rule of names.</exception>
    public ClusterId(string value) => _value = NameRule.Demand(value, "cluster id");

    public string Value => _value ?? "";

    public static bool IsLegal([NotNullWhen(true)] string? text) => NameRule.Allows(text);

    public int CompareTo(ClusterId other) => string.CompareOrdinal(Value, other.Value);

    public static bool operator <(ClusterId left, ClusterId right) => left.CompareTo(right) < 0;

    public static bool operator >(ClusterId left, ClusterId right) => left.CompareTo(right) > 0;

    public static bool operator <=(ClusterId left, ClusterId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(ClusterId left, ClusterId right) => left.CompareTo(right) >= 0;

    public override string ToString() => Value;
}

/// <summary>
/// A named local process of a node, such as a daemon under a supervisor. 1 to 128 characters of <c>[A-Za-z0-9._-]</c>.
/// </summary>
public readonly record struct WorkloadName : IComparable<WorkloadName>
{
    private readonly string? _value;

    /// <exception cref="FormatException">The text breaks the rule of names.</exception>
    public WorkloadName(string value) => _value = NameRule.Demand(value, "workload name");

    public string Value => _value ?? "";

    public static bool IsLegal([NotNullWhen(true)] string? text) => NameRule.Allows(text);

    public int CompareTo(WorkloadName other) => string.CompareOrdinal(Value, other.Value);

    public static bool operator <(WorkloadName left, WorkloadName right) => left.CompareTo(right) < 0;

    public static bool operator >(WorkloadName left, WorkloadName right) => left.CompareTo(right) > 0;

    public static bool operator <=(WorkloadName left, WorkloadName right) => left.CompareTo(right) <= 0;

    public static bool operator >=(WorkloadName left, WorkloadName right) => left.CompareTo(right) >= 0;

    public override string ToString() => Value;
}

/// <summary>
/// A named leadership, such as <c>failover/east</c>: one or more names of <c>[A-Za-z0-9._-]</c> joined by '/', at
/// most 128 characters in all.
/// </summary>
public readonly record struct ElectionName
{
    private readonly string? _value;

    /// <exception cref="FormatException">The text breaks the rule.</exception>
    public ElectionName(string value) => _value = IsLegal(value)
        ? value
        : throw new FormatException(
            $"'{value}' is not an election name: names of A-Z a-z 0-9 . _ - joined by '/', at most " +
            $"{NameRule.LengthMax} characters, are wanted.");

    public string Value => _value ?? "";

    /// <summary>The part before the first '/': the kind of grant the election gives on a directory shard.</summary>
    public string Kind => Value.IndexOf('/', StringComparison.Ordinal) is >= 0 and var at ? Value[..at] : Value;

    /// <summary>The part after the first '/', empty where there is none: for services' elections the cluster.</summary>
    public string Scope => Value.IndexOf('/', StringComparison.Ordinal) is >= 0 and var at ? Value[(at + 1)..] : "";

    public static bool IsLegal([NotNullWhen(true)] string? text) =>
        text is { Length: > 0 and <= NameRule.LengthMax } && Array.TrueForAll(text.Split('/'), NameRule.Allows);

    /// <summary>The election whose holder moves ownership to <paramref name="cluster"/>.</summary>
    public static ElectionName Failover(ClusterId cluster) => new($"failover/{cluster}");

    /// <summary>The election whose holder places the slots of groups that live in <paramref name="cluster"/>.</summary>
    public static ElectionName Recovery(ClusterId cluster) => new($"recovery/{cluster}");

    public override string ToString() => Value;
}

/// <summary>
/// A replica, fork or standby group of daemons. 1 to 128 characters of <c>[A-Za-z0-9._-]</c>. A group is itself a
/// grain, whose owner is the cluster that places the group's slots.
/// </summary>
public readonly record struct GroupId : IComparable<GroupId>
{
    /// <summary>The type of the grains that groups are.</summary>
    public const string GrainType = "holdfast.group";

    private readonly string? _value;

    /// <exception cref="FormatException">The text breaks the rule of names.</exception>
    public GroupId(string value) => _value = NameRule.Demand(value, "group id");

    public string Value => _value ?? "";

    /// <summary>The grain that the group is: <c>holdfast.group/&lt;name&gt;</c>.</summary>
    public GrainId Grain => new(GrainType, Value);

    public static bool IsLegal([NotNullWhen(true)] string? text) => NameRule.Allows(text);

    public int CompareTo(GroupId other) => string.CompareOrdinal(Value, other.Value);

    public static bool operator <(GroupId left, GroupId right) => left.CompareTo(right) < 0;

    public static bool operator >(GroupId left, GroupId right) => left.CompareTo(right) > 0;

    public static bool operator <=(GroupId left, GroupId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(GroupId left, GroupId right) => left.CompareTo(right) >= 0;

    public override string ToString() => Value;
}

/// <summary>One member's place in a group, written <c>group/index</c>.</summary>
/// <param name="Group">The group.</param>
/// <param name="Index">From 0, below <see cref="SlotsPerGroupMax"/>.</param>
public readonly record struct SlotId(GroupId Group, int Index)
{
    /// <summary>The most slots of one group.</summary>
    public const int SlotsPerGroupMax = 65_535;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Group}/{Index}");
}

/// <summary>
/// A client's lease in Consensus, named by the token of the entry that opened it; the token under which the session
/// writes may advance, its name stays.
/// </summary>
public readonly record struct SessionId(Token Opened) : IComparable<SessionId>
{
    /// <exception cref="FormatException">The text is not 16 hex digits.</exception>
    public static SessionId Parse(string text) => TryParse(text, out var id)
        ? id
        : throw new FormatException($"'{text}' is not a session id: 16 hex digits are wanted.");

    public static bool TryParse([NotNullWhen(true)] string? text, out SessionId id)
    {
        var parsed = Token.TryParse(text, out var token);
        id = new SessionId(token);
        return parsed;
    }

    public int CompareTo(SessionId other) => Opened.CompareTo(other.Opened);

    public static bool operator <(SessionId left, SessionId right) => left.CompareTo(right) < 0;

    public static bool operator >(SessionId left, SessionId right) => left.CompareTo(right) > 0;

    public static bool operator <=(SessionId left, SessionId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(SessionId left, SessionId right) => left.CompareTo(right) >= 0;

    public override string ToString() => Opened.ToString();
}
