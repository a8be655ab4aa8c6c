namespace Holdfast.Client;

/// <summary>Runs what others may go on from, away from the locks and the work of whoever asks for it.</summary>
internal static class Aside
{
    /// <summary>Awaits what may fail without throwing, and goes on on the scheduler of the caller.</summary>
    public const ConfigureAwaitOptions Quietly =
        ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext;

    /// <summary>Runs an act soon, on the scheduler that the caller runs on.</summary>
    public static void Run(Action act) => _ = Task.Factory.StartNew(
        act, CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskScheduler.Current);
}
