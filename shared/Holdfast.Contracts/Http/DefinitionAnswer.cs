namespace Holdfast.Contracts.Http;

/// <summary>
/// A definition: a small JSON document under a key.
/// </summary>
public sealed record DefinitionAnswer
{
    /// <summary>The key, such as <c>graintype/order</c>.</summary>
    public required string Key { get; init; }

    /// <summary>The JSON text, at most 64 KiB.</summary>
    public required string Value { get; init; }

    /// <summary>The token of the entry that wrote it, 16 hex digits.</summary>
    public required string Token { get; init; }
}
