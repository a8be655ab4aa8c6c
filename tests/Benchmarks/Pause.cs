namespace Holdfast.Benchmarks;

/// <summary>A measurement has no event to await where another system's state is asked for again and again.</summary>
internal static class Pause
{
    public static void For(TimeSpan time)
    {
        using var never = new ManualResetEventSlim();
        never.Wait(time);
    }
}
