using System.Collections.Concurrent;
using Holdfast.Client;
using Holdfast.Primitives;

namespace Holdfast.Standalone.Nodes;

/// <summary>
/// What a user's program does with the slots of replica groups that its node is given. Here a slot is a name and its
/// epoch: loading a copy is the program's own work, and would come before <see cref="StartAsync"/> returns.
/// </summary>
internal sealed class ReplicaProgram : ISlotProgram
{
    private readonly ConcurrentDictionary<SlotId, Epoch> _running = new();

    /// <summary>What runs in this process, with the epochs.</summary>
    public IReadOnlyDictionary<SlotId, Epoch> Running => _running.AsReadOnly();

    public Task StartAsync(SlotRun run, CancellationToken cancel)
    {
        _running[run.Slot] = run.Epoch;
        return Task.CompletedTask;
    }

    public Task StopAsync(SlotRun run, CancellationToken cancel)
    {
        _running.TryRemove(KeyValuePair.Create(run.Slot, run.Epoch));
        return Task.CompletedTask;
    }
}
