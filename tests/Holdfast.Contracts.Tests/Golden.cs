using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Holdfast.Contracts.Tests;

/// <summary>
/// Golden texts: what the wire looks like, reviewed as a diff. <c>HOLDFAST_REWRITE_GOLDEN=1</c> writes them anew.
/// </summary>
internal static class Golden
{
    private static readonly JsonSerializerOptions Indented = new(ContractJson.Options) { WriteIndented = true };

    public static bool Rewrites { get; } = Environment.GetEnvironmentVariable("HOLDFAST_REWRITE_GOLDEN") == "1";

    public static string Repository { get; } = Path.GetFullPath(Path.Combine(Folder(), "..", ".."));

    /// <summary>The example of a message, as the wire has it but for the indentation.</summary>
    public static string JsonOf(Type type) => JsonSerializer.Serialize(Examples.Of(type), type, Indented);

    public static string FileOf(Type type) => Path.Combine(Folder(), "Golden", $"{type.Name}.json");

    private static string Folder([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
