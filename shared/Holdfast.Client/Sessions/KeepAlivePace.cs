namespace Holdfast.Client;

/// <summary>The clock of the pauses between keep-alives, and where they run. A simulation has its own.</summary>
internal sealed record KeepAlivePace(TimeProvider Time, TaskScheduler Scheduler)
{
    public static KeepAlivePace System { get; } = new(TimeProvider.System, TaskScheduler.Default);

    public Task Start(Func<TimeProvider, Task> keepAlive) => Task.Factory.StartNew(
        () => keepAlive(Time), CancellationToken.None, TaskCreationOptions.DenyChildAttach, Scheduler).Unwrap();
}
