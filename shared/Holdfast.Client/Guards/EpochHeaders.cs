using System.Diagnostics.CodeAnalysis;
using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>How a write over HTTP says for which grain and under which epoch it comes.</summary>
public static class EpochHeaders
{
    /// <summary>
    /// <c>type/key</c>, the key percent-encoded as in a URL (UTF-8; everything but letters, digits and <c>-._~</c>).
    /// </summary>
    public const string Grain = "Holdfast-Grain";

    /// <summary>The epoch as its 33 characters.</summary>
    public const string Epoch = "Holdfast-Epoch";

    /// <summary>The value of <see cref="Grain"/>.</summary>
    public static string Write(GrainId grain) => $"{grain.Type}/{Uri.EscapeDataString(grain.Key)}";

    /// <summary>Reads what <see cref="Write"/> writes; false for what is no grain.</summary>
    public static bool TryRead([NotNullWhen(true)] string? value, out GrainId grain)
    {
        grain = default;
        return value?.Split('/', 2) is [var type, var key] &&
            GrainId.TryParse($"{type}/{Uri.UnescapeDataString(key)}", out grain);
    }
}
