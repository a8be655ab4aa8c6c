using System.Text.Json;

namespace Holdfast.Directory;

/// <summary>Statuses as scripts, HTTP and metrics write them: <c>ok</c>, <c>lostRace</c>, ...</summary>
internal static class StatusText
{
    private static readonly Dictionary<DirectoryStatus, string> Texts = Enum.GetValues<DirectoryStatus>()
        .ToDictionary(status => status, status => JsonNamingPolicy.CamelCase.ConvertName(status.ToString()));

    private static readonly Dictionary<string, DirectoryStatus> Statuses =
        Texts.ToDictionary(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal);

    public static string Of(DirectoryStatus status) => Texts[status];

    /// <exception cref="FormatException">No status is written so.</exception>
    public static DirectoryStatus Read(string text) => Statuses.TryGetValue(text, out var status)
        ? status
        : throw new FormatException($"'{text}' is not a status of the directory.");
}
