namespace Holdfast.Hosting;

/// <summary>The state of a service, as <c>GET /snapshot</c> serves it: each subject with its sequence.</summary>
public interface ISnapshotSource
{
    /// <summary>An immutable record, serialised as camelCase JSON.</summary>
    object Snapshot();
}

/// <summary>Something that a service waits for before it is ready.</summary>
public interface IReadinessCheck
{
    /// <summary>What is checked, for instance <c>redis</c>.</summary>
    string Name { get; }

    /// <summary>Null when well; otherwise what is waited for, in words that help.</summary>
    string? WaitsFor();

    /// <summary>What an operator should mend although the service works without; null for nothing.</summary>
    string? Warning() => null;
}
