namespace Holdfast.Directory.Embedded;

/// <summary>
/// How many grains an election promoted when, as far back as it is to be kept: the twin of promote.lua.
/// </summary>
internal sealed record PromotedWindow(IReadOnlyList<PromotedWindow.Part> Parts)
{
    private const int PartsPerWindow = 32;

    public static readonly PromotedWindow Empty = new([]);

    /// <summary>What follows within a part of the time that it is kept counts as one, from its last grain on.</summary>
    public PromotedWindow With(int grains, TimeSpan keptFor, DateTime at)
    {
        Part[] kept = [.. Parts.Where(part => part.Last + keptFor > at)];
        return kept is [.. var before, var newest] && at - newest.First < keptFor / PartsPerWindow
            ? new([.. before, newest.And(grains, at)])
            : new([.. kept, new Part(at, at, grains)]);
    }

    /// <summary>So many grains, the first and the last of them then.</summary>
    internal readonly record struct Part(DateTime First, DateTime Last, long Grains)
    {
        public Part And(int grains, DateTime at) => new(First, Last > at ? Last : at, Grains + grains);
    }
}
