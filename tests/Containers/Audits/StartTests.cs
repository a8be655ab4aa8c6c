using Holdfast.Containers.Compose;

namespace Holdfast.Containers.Audits;

/// <summary>How long it takes from <c>up</c>, with built images, to everything healthy.</summary>
public sealed class StartTests(ComposeWorld compose)
{
    private static readonly TimeSpan Promised = TimeSpan.FromSeconds(60);

    // What two cores have to give in the promised time, less a third for the engine and for Compose itself.
    private static readonly TimeSpan CpuMax = TimeSpan.FromSeconds(80);

    [Fact]
    public async Task The_set_is_healthy_within_the_time_that_is_promised()
    {
        await compose.HealthyAsync();
        Assert.SkipWhen(compose.Start is null, "A set that ran already was used, and nothing was started.");
        var start = compose.Start;

        Console.WriteLine(start);

        // The processors' time says the same whatever else this machine does meanwhile; the time of the clock does not.
        start.Cpu.ShouldBeLessThan(CpuMax, $"{start}");
        if (start.WasQuiet) start.Took.ShouldBeLessThan(Promised, $"{start}");
    }
}
