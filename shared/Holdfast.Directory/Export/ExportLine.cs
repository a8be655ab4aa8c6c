using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Directory.Http;
using Holdfast.Primitives;

namespace Holdfast.Directory.Export;

/// <summary>
/// The lines of an export, JSON each, ended by a line feed (format 1):
/// <code>
/// {"holdfast":"directory-export","format":1,"shards":64,"at":"2026-01-02T03:04:05Z","origin":"0001000000000007"}
/// {"grain":"cart/7","cluster":"west","holder":"0000000000000015","epoch":"...","kind":"fenced","tombstone":false}
/// {"records":1,"tombstones":0,"sha256":"..."}        SHA-256 of all bytes before this line, in hex
/// </code>
/// </summary>
internal sealed record ExportHead(string Holdfast, int Format, int Shards, DateTime At, string Origin)
{
    public const string Name = "directory-export";
    public const int FormatNow = 1;

    private const int OriginLengthMax = 128;

    /// <summary>What is wrong with an origin; null when nothing is.</summary>
    public static string? OriginProblem(string origin) =>
        origin is { Length: > 0 and <= OriginLengthMax } && !origin.Any(char.IsControl)
            ? null
            : $"An origin has 1 to {OriginLengthMax} characters and no control characters.";
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
    long Records, long Tombstones, [property: JsonPropertyName("sha256")] string Sha256);

/// <summary>What of a first line every format has, so that another format is refused by its number.</summary>
internal sealed record ExportMark(string? Holdfast, int? Format);

/// <summary>Reads and writes one line.</summary>
internal static class ExportLine
{
    public static void Write<T>(T line, IBufferWriter<byte> to)
    {
        to.Write(JsonSerializer.SerializeToUtf8Bytes(line, DirectoryJson.Requests));
        to.Write("\n"u8);
    }

    /// <exception cref="DirectoryExportException">The line is none of format 1.</exception>
    public static T Read<T>(ReadOnlySpan<byte> line, long number)
    {
        // Only of the mark may there be more to read.
        var options = typeof(T) == typeof(ExportMark) ? DirectoryJson.Answers : DirectoryJson.Requests;
        try
        {
            return JsonSerializer.Deserialize<T>(line, options) ??
                throw new DirectoryExportException(ExportFault.Malformed, number, "it is null.");
        }
        catch (JsonException malformed)
        {
            throw new DirectoryExportException(ExportFault.Malformed, number, malformed.Message);
        }
    }

    /// <summary>Only the last line begins so.</summary>
    public static bool IsFoot(ReadOnlySpan<byte> line) => line.StartsWith("{\"records\":"u8);
}
