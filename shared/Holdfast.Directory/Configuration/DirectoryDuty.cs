namespace Holdfast.Directory;

/// <summary>
/// What a program does to the directory beside what every program does: at start it is tried whether it may.
/// </summary>
public sealed record DirectoryDuty
{
    private DirectoryDuty(string name) => Name = name;

    /// <summary>Grants of <c>failover/</c> elections, promotions, the outbox, erasures.</summary>
    public static DirectoryDuty Failover { get; } = new(DirectoryArguments.FailoverKind);

    /// <summary>Grants of <c>recovery/</c> elections, and slots.</summary>
    public static DirectoryDuty Recovery { get; } = new(DirectoryArguments.RecoveryKind);

    /// <summary>The kind of the election that it is done under.</summary>
    public string Name { get; }
}
