using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Directory.Http;
using Holdfast.Primitives;

namespace Holdfast.Directory.Export;

/// <summary>
/// The lines of an export, JSON each, ended by a line feed (format 1):
/// <code>
/// {"holdfast":"directory-export","format":1,"shards":64,"at":"2026-01-02T03:04:05Z"}
/// {"grain":"cart/7","cluster":"west","holder":"0000000000000015","epoch":"...","kind":"fenced","tombstone":false}
/// {"records":1,"sha256":"..."}        SHA-256 of all bytes before this line, in hex
/// </code>
/// </summary>
internal sealed record ExportHead(string Holdfast, int Format, int Shards, DateTime At)
{
    public const string Name = "directory-export";
    public const int FormatNow = 1;
}

/// <inheritdoc cref="ExportHead"/>
internal sealed record ExportedRecord(
    GrainId Grain, ClusterId Cluster, SessionId? Holder, Epoch Epoch, GrainKind Kind, bool Tombstone)
{
    public static ExportedRecord Of(GrainRecord record) =>
        new(record.Grain, record.Cluster, record.Holder, record.Epoch, record.Kind, record.Tombstone);

    public GrainRecord ToRecord() => new(Grain, Cluster, Holder, Epoch, Kind, Tombstone);
}

/// <inheritdoc cref="ExportHead"/>
internal sealed record ExportFoot(
    long Records, [property: JsonPropertyName("sha256")] string Sha256);

/// <summary>Reads and writes one line.</summary>
internal static class ExportLine
{
    public static byte[] Write<T>(T line) =>
        [.. JsonSerializer.SerializeToUtf8Bytes(line, DirectoryJson.Requests), (byte)'\n'];

    /// <exception cref="DirectoryExportException">The line is none of format 1.</exception>
    public static T Read<T>(ReadOnlySpan<byte> line, long number)
    {
        // A newer format may have more to say in its first line; it is refused by its number.
        var options = typeof(T) == typeof(ExportHead) ? DirectoryJson.Answers : DirectoryJson.Requests;
        try
        {
            return JsonSerializer.Deserialize<T>(line, options) ??
                throw new DirectoryExportException(number, "it is null.");
        }
        catch (JsonException malformed)
        {
            throw new DirectoryExportException(number, malformed.Message);
        }
    }

    /// <summary>Only the last line begins so.</summary>
    public static bool IsFoot(ReadOnlySpan<byte> line) => line.StartsWith("{\"records\":"u8);
}

/// <summary>What was to be imported is no export, or is not whole; nothing was changed.</summary>
/// <param name="line">The line, from 1.</param>
/// <param name="why">What is wrong with it.</param>
public sealed class DirectoryExportException(long line, string why)
    : Exception($"Line {line} of the export cannot be used: {why}")
{
    /// <summary>The line, from 1.</summary>
    public long Line { get; } = line;
}
