using Holdfast.Directory.Embedded;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Configuration;

/// <summary>How often a service asks its directory whether it is well.</summary>
public sealed class DirectoryReadinessTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true, 5_000)]
    [InlineData(false, 500)]
    public async Task A_directory_is_asked_often_until_it_was_created_since_readiness_waits_for_that(
        bool isCreated, int pause)
    {
        var directory = new EmbeddedGrainDirectory(new DirectoryOptions { Shards = 1 });
        if (isCreated) await directory.OpenShardAsync(0, FailoverWest, T(9), Floor, Cancel);
        var time = new StandingTime();
        using var readiness = new DirectoryReadiness(
            directory, Microsoft.Extensions.Options.Options.Create(new DirectoryOptions { Shards = 1 }), time);

        await readiness.StartAsync(Cancel);

        (await time.FirstPause.Task.WaitAsync(TimeSpan.FromSeconds(20), Cancel)).TotalMilliseconds.ShouldBe(pause);
        readiness.WaitsFor().ShouldBeNull("to create it is the work of one of those that wait");
        readiness.IsUnopened.ShouldBe(!isCreated);
        await readiness.StopAsync(Cancel);
    }

    /// <summary>A clock that stands: whoever pauses by it pauses for ever.</summary>
    private sealed class StandingTime : TimeProvider
    {
        public TaskCompletionSource<TimeSpan> FirstPause { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override ITimer CreateTimer(
            TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            FirstPause.TrySetResult(dueTime);
            return base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
