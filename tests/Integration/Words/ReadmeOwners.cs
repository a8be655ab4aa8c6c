using Holdfast.Client;
using Holdfast.Integration.World;

namespace Holdfast.Integration.Words;

/// <summary>The README's program on one node of every cluster that may inherit.</summary>
internal sealed class ReadmeOwners : IAsyncDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);

    private readonly Dictionary<string, ReadmeOwner> _owners = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _running = [];

    public ReadmeOwner this[string cluster] => _owners[cluster];

    public static async Task<ReadmeOwners> StartAsync(
        HoldfastSystem system, EpochGate database, params string[] clusters)
    {
        var all = new ReadmeOwners();
        foreach (var cluster in clusters)
        {
            var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var owner = new ReadmeOwner(system, database, $"{cluster}-2", $"owner-{cluster}");
            var running = owner.RunAsync(ready.SetResult, all._stop.Token);
            all._owners.Add(cluster, owner);
            all._running.Add(running);
            await (await Task.WhenAny(ready.Task, running)).WaitAsync(StartPatience);
        }

        return all;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
        _stop.Dispose();
    }
}
