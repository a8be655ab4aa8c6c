using System.Diagnostics;
using Holdfast.Consensus.Service.Raft;

namespace Holdfast.Consensus.Service.Tests.Raft;

internal static class Waiting
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(20);

    public static async Task OrFailAsync(this Task task, string awaited)
    {
        try
        {
            await task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"Within {Patience} it did not happen that {awaited}.", late);
        }
    }

    public static async Task<T> OrFailAsync<T>(this Task<T> task, string awaited)
    {
        await ((Task)task).OrFailAsync(awaited);
        return await task;
    }

    /// <summary>Looks again and again, where nothing tells when it happens.</summary>
    public static async Task HoldsAsync(string awaited, Func<bool> holds)
    {
        using var pace = new PeriodicTimer(Pace);
        for (var watch = Stopwatch.StartNew(); !holds();)
        {
            if (watch.Elapsed > Patience)
                throw new TimeoutException($"Within {Patience} it did not happen that {awaited}.");
            await pace.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Waits until this voter leads and knows everything that was committed before.</summary>
    public static async Task<LeadershipChange.BecameLeader> LeadsAsync(this RaftHost host, CancellationToken stop)
    {
        await foreach (var change in host.WatchLeadershipAsync(stop))
            if (change is LeadershipChange.BecameLeader became) return became;
        throw new InvalidOperationException($"{host.Options.Node} stopped without leading.");
    }
}
