using System.ComponentModel.DataAnnotations;
using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>How a program keeps grains.</summary>
public sealed record GrainKeeperOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "GrainKeeper";

    private const int TypesMax = 256;

    /// <summary>
    /// The types of grains that this program serves; nothing else is claimed. At least one and at most 256, none of
    /// <c>ext.</c>
    /// </summary>
    [MinLength(1)]
    public IReadOnlyList<string> Types { get; init; } = [];

    /// <summary>
    /// How many grains are held at most; beyond, no more are claimed. Each costs some 300 bytes beside its key. From 1
    /// to 10,000,000.
    /// </summary>
    [Range(1, 10_000_000)]
    public int GrainsMax { get; init; } = 1_000_000;

    /// <summary>
    /// How many grains are loaded, drained or given up at once. More is sooner done and asks more of where the state
    /// is. From 1 to 10,000.
    /// </summary>
    [Range(1, 10_000)]
    public int GrainsAtOnceMax { get; init; } = 64;

    /// <summary>
    /// How many calls to the directory are under way at once, each of at most 500 grains of one shard. From 1 to 256.
    /// </summary>
    [Range(1, 256)]
    public int CallsAtOnceMax { get; init; } = 8;

    /// <summary>
    /// Pause between two looks at the shards of the directory, each a small call, for a loss of memory and for what is
    /// to be tried again. It belongs far below the directory's reassert window. From 50 ms to 1 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan CheckInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Pause between two looks at what the own cluster owns, for what no event told: grains without a holder, and ones
    /// that are another's by now. Only shards that have changed are listed. From 100 ms to 1 h.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan ListInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long a drain may take before the grain is kept instead, and how long a wish to offer grains is tried again
    /// for what cannot be offered at once. From 100 ms to 1 h.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan DrainDeadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long an offer waits to be accepted before it is withdrawn and the grain served again; nobody serves it
    /// meanwhile. From 1 s to 1 h.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan OfferPatience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// What is wrong with these options, each as a sentence that names section, key, value and range.
    /// </summary>
    public IEnumerable<string> Problems()
    {
        if (Types.Count is 0 or > TypesMax)
            yield return $"{Section}:Types has {Types.Count} types; 1 to {TypesMax} are wanted.";
        foreach (var type in Types)
        {
            if (GrainId.Problem(type, "key") is { } problem) yield return $"{Section}:Types: {problem}";
            else if (new GrainId(type, "key").IsExternal)
                yield return $"{Section}:Types has '{type}'; types of ext. are registered, not claimed.";
        }

        if (Outside(GrainsMax, 1, 10_000_000)) yield return Wanted(nameof(GrainsMax), GrainsMax, "1 to 10,000,000");
        if (Outside(GrainsAtOnceMax, 1, 10_000))
            yield return Wanted(nameof(GrainsAtOnceMax), GrainsAtOnceMax, "1 to 10,000");
        if (Outside(CallsAtOnceMax, 1, 256)) yield return Wanted(nameof(CallsAtOnceMax), CallsAtOnceMax, "1 to 256");
        if (Outside(CheckInterval, TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(1)))
            yield return Wanted(nameof(CheckInterval), CheckInterval, "00:00:00.050 to 00:01:00");
        if (Outside(ListInterval, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)))
            yield return Wanted(nameof(ListInterval), ListInterval, "00:00:00.100 to 01:00:00");
        if (Outside(DrainDeadline, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)))
            yield return Wanted(nameof(DrainDeadline), DrainDeadline, "00:00:00.100 to 01:00:00");
        if (Outside(OfferPatience, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)))
            yield return Wanted(nameof(OfferPatience), OfferPatience, "00:00:01 to 01:00:00");
    }

    private static bool Outside<T>(T value, T least, T most)
        where T : IComparable<T> => value.CompareTo(least) < 0 || value.CompareTo(most) > 0;

    private static string Wanted(string key, object value, string range) =>
        $"{Section}:{key} is {value}; {range} is wanted.";
}
