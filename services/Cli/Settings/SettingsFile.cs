using System.Text.Json;

namespace Holdfast.Cli.Settings;

/// <summary>
/// The file with settings: a JSON object, comments and trailing commas allowed, lists as arrays. It holds no secret,
/// only where the files with secrets are.
/// </summary>
internal static class SettingsFile
{
    private const int BytesMax = 64 * 1024;

    private static readonly JsonDocumentOptions Lenient = new()
    {
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };

    /// <summary>
    /// Where it is when nobody says: <c>$XDG_CONFIG_HOME/holdfast/config.json</c>, else
    /// <c>~/.config/holdfast/config.json</c>.
    /// </summary>
    public static string? UsualPath(Func<string, string?> variable)
    {
        if (variable("XDG_CONFIG_HOME") is { Length: > 0 } folder)
            return Path.Combine(folder, "holdfast", "config.json");
        return variable("HOME") is { Length: > 0 } home
            ? Path.Combine(home, ".config", "holdfast", "config.json")
            : null;
    }

    /// <exception cref="ToolFailureException">It cannot be read, or something in it is not legal.</exception>
    public static IReadOnlyDictionary<string, Said> Read(string path)
    {
        try
        {
            if (new FileInfo(path).Length > BytesMax) throw Wrong(path, $"it is larger than {BytesMax} bytes.");
            using var document = JsonDocument.Parse(File.ReadAllBytes(path), Lenient);
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw Wrong(path, "a JSON object is wanted.");
            return document.RootElement.EnumerateObject()
                .Select(member => (Key: KeyOf(member.Name, path), member.Value))
                .ToDictionary(
                    member => member.Key.Name, member => Of(member.Key, member.Value, path), StringComparer.Ordinal);
        }
        catch (JsonException malformed)
        {
            throw Wrong(path, $"it is not JSON: {malformed.Message}");
        }
        catch (ArgumentException)
        {
            throw Wrong(path, "a setting is in it twice.");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw ToolFailureException.Usage($"The settings cannot be read: {unreadable.Message}");
        }
    }

    private static SettingKey KeyOf(string name, string path) =>
        SettingKey.All.FirstOrDefault(key => key.Name == name) ?? throw Wrong(
            path, $"'{name}' is no setting. Legal are {string.Join(", ", SettingKey.All.Select(key => key.Name))}.");

    private static Said Of(SettingKey key, JsonElement value, string path)
    {
        string[] values = value.ValueKind switch
        {
            JsonValueKind.Array when key.IsList => [.. value.EnumerateArray().Select(item => Text(key, item, path))],
            _ => [Text(key, value, path)],
        };
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        return new Said(
            key.IsPath ? [.. values.Select(file => Path.Combine(folder, file))] : values, $"{key.Name} in {path}");
    }

    private static string Text(SettingKey key, JsonElement value, string path) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Number => value.GetRawText(),
        _ => throw Wrong(
            path, $"{key.Name} must be {(key.IsList ? "an array of texts, or a text" : "a text or a number")}."),
    };

    private static ToolFailureException Wrong(string path, string why) =>
        ToolFailureException.Usage($"The settings in {path} cannot be used: {why}");
}
