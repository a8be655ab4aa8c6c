using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Contracts.Http;

namespace Holdfast.Consensus.Service;

/// <summary>
/// The settings of <see cref="ConsensusOptions"/> that a voter takes up while it runs; their ranges are the ones there.
/// </summary>
internal sealed record HotSettings
{
    // How far the log in memory may grow beyond one snapshot's worth while a follower is helped to catch up.
    private const int LogOverSnapshotsMax = 4;

    public required TimeSpan Heartbeat { get; init; }

    public required int SnapshotEntries { get; init; }

    public required long SnapshotBytes { get; init; }

    public required int SnapshotTrailingEntries { get; init; }

    public required int LearnerLagEntriesMax { get; init; }

    /// <summary>The names of all of them, which are those of their keys.</summary>
    public static IReadOnlySet<string> Names { get; } =
        typeof(HotSettings).GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Select(static property => property.Name).ToHashSet(StringComparer.Ordinal);

    public static HotSettings Of(ConsensusOptions options) => new()
    {
        Heartbeat = options.Heartbeat,
        SnapshotEntries = options.SnapshotEntries,
        SnapshotBytes = options.SnapshotBytes,
        SnapshotTrailingEntries = options.SnapshotTrailingEntries,
        LearnerLagEntriesMax = options.LearnerLagEntriesMax,
    };

    public static HotSettings Of(RaftOptions figures) => new()
    {
        Heartbeat = figures.Heartbeat,
        SnapshotEntries = figures.SnapshotEntries,
        SnapshotBytes = figures.SnapshotBytes,
        SnapshotTrailingEntries = figures.SnapshotTrailingEntries,
        LearnerLagEntriesMax = figures.LearnerLagEntriesMax,
    };

    public HotSettings With(ConfigRequest request) => new()
    {
        Heartbeat = request.Heartbeat ?? Heartbeat,
        SnapshotEntries = request.SnapshotEntries ?? SnapshotEntries,
        SnapshotBytes = request.SnapshotBytes ?? SnapshotBytes,
        SnapshotTrailingEntries = request.SnapshotTrailingEntries ?? SnapshotTrailingEntries,
        LearnerLagEntriesMax = request.LearnerLagEntriesMax ?? LearnerLagEntriesMax,
    };

    public HotOptions ToHotOptions() => new()
    {
        Heartbeat = Heartbeat,
        SnapshotEntries = SnapshotEntries,
        SnapshotBytes = SnapshotBytes,
        SnapshotTrailingEntries = SnapshotTrailingEntries,
        LogEntriesMax = LogOverSnapshotsMax * SnapshotEntries,
        LogBytesMax = LogOverSnapshotsMax * SnapshotBytes,
        LearnerLagEntriesMax = LearnerLagEntriesMax,
    };

    public HotConfig ToAnswer() => new()
    {
        Heartbeat = Heartbeat,
        SnapshotEntries = SnapshotEntries,
        SnapshotBytes = SnapshotBytes,
        SnapshotTrailingEntries = SnapshotTrailingEntries,
        LearnerLagEntriesMax = LearnerLagEntriesMax,
    };

    /// <summary>Each value that is not legal by itself, as a sentence with the range.</summary>
    public IEnumerable<string> Problems()
    {
        foreach (var property in typeof(HotSettings).GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            var range = typeof(ConsensusOptions).GetProperty(property.Name)!.GetCustomAttribute<RangeAttribute>()!;
            var value = property.GetValue(this)!;
            if (range.IsValid(value)) continue;
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{JsonNamingPolicy.CamelCase.ConvertName(property.Name)} is {value}; " +
                $"from {range.Minimum} to {range.Maximum} is legal.");
        }
    }

    /// <summary>What differs, for people.</summary>
    public string DifferenceTo(HotSettings before) => string.Join(
        ", ",
        typeof(HotSettings).GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => !Equals(property.GetValue(this), property.GetValue(before)))
            .Select(property => string.Create(
                CultureInfo.InvariantCulture,
                $"Consensus:{property.Name} {property.GetValue(this)} (was {property.GetValue(before)})")));
}
