using Holdfast.Containers.Compose;

namespace Holdfast.Containers.Audits;

/// <summary>How long it takes from <c>up</c>, with built images, to everything healthy.</summary>
public sealed class StartTests(ComposeWorld compose)
{
    // Twice what is promised: the first start after a build reads everything from the disk.
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task The_set_is_healthy_within_twice_the_time_that_is_promised()
    {
        await compose.HealthyAsync();
        Assert.SkipWhen(compose.Start is null, "A set that ran already was used, and nothing was started.");
        var start = compose.Start;

        Console.WriteLine(start);

        // Elsewhere only the patience of the set itself holds, as for all tests: neither the time of the clock nor that
        // of the processors says much where others compile meanwhile.
        if (start.WasQuiet) start.Took.ShouldBeLessThan(Bound, $"{start}");
    }
}
