using System.ComponentModel.DataAnnotations;

namespace Holdfast.Hosting;

/// <summary>Bounds of what a service takes in over HTTP.</summary>
public sealed record HttpOptions
{
    public const string Section = "Http";

    /// <summary>The largest request body in bytes. Larger ones are answered with 413. From 1,024 to 64 MiB.</summary>
    [Range(1024, 64 * 1024 * 1024)]
    public int BodyBytesMax { get; init; } = 1024 * 1024;

    /// <summary>
    /// Requests that one remote address may make in a second, in the long run; twice as many at once. More are
    /// answered with 429. Health endpoints do not count. From 10 to 1,000,000.
    /// </summary>
    [Range(10, 1_000_000)]
    public int RequestsPerSecondMax { get; init; } = 10_000;
}
