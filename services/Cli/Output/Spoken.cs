using System.Globalization;

namespace Holdfast.Cli.Output;

/// <summary>Numbers and times as people read them, the same in every country.</summary>
internal static class Spoken
{
    public static string Of(DateTime utc) =>
        utc.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static string Of(long number) => number.ToString("n0", CultureInfo.InvariantCulture);

    /// <summary>A number that may not be known.</summary>
    public static string Of(long? number) => number is { } known ? Of(known) : "an unknown number";

    /// <summary>The two largest units, such as <c>3 min 20 s</c>.</summary>
    public static string Of(TimeSpan time) => time switch
    {
        { TotalMilliseconds: < 1_000 } => string.Create(
            CultureInfo.InvariantCulture, $"{Math.Max(0, time.TotalMilliseconds):0} ms"),
        { TotalSeconds: < 60 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.#} s"),
        { TotalMinutes: < 60 } => $"{time.Minutes} min {time.Seconds} s",
        { TotalHours: < 24 } => $"{time.Hours} h {time.Minutes} min",
        _ => $"{(int)time.TotalDays} d {time.Hours} h",
    };

    /// <summary>One, or several.</summary>
    public static string Of(long number, string one, string? many = null) =>
        number == 1 ? $"1 {one}" : $"{Of(number)} {many ?? one + "s"}";

    /// <summary>The first few, and how many more.</summary>
    public static string List(IReadOnlyCollection<string> all, int max = 5) => all.Count <= max
        ? string.Join(", ", all)
        : $"{string.Join(", ", all.Take(max))} and {Of(all.Count - max)} more";
}
