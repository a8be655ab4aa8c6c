using System.Reflection;
using Holdfast.Directory;
using Holdfast.Primitives;

namespace Holdfast.Client.Tests.Simulation;

/// <summary>
/// The way of one process to the directory: calls and answers take their time; either may be lost, and what was lost
/// may be carried out late; a shard may hang.
/// </summary>
public class DirectoryLink : DispatchProxy
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(0.5);

    private static readonly MethodInfo SendMethod = typeof(DirectoryLink).GetMethod(
        nameof(SendAsync), BindingFlags.NonPublic | BindingFlags.Instance)!;

    private KeeperSimulation _world = null!;
    private SimulatedLife _life = null!;

    internal static IGrainDirectory Of(KeeperSimulation world, SimulatedLife life)
    {
        var link = Create<IGrainDirectory, DirectoryLink>();
        var self = (DirectoryLink)(object)link;
        (self._world, self._life) = (world, life);
        return link;
    }

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (args is not [{ } first, ..]) return targetMethod!.Invoke(_world.Directory, args);
        args[^1] = CancellationToken.None;
        return SendMethod.MakeGenericMethod(targetMethod!.ReturnType.GenericTypeArguments[0])
            .Invoke(this, [ShardOf(first), targetMethod, args]);
    }

    private Task<T> SendAsync<T>(int shard, MethodInfo call, object?[] args)
    {
        var answered = new TaskCompletionSource<T>();
        var fate = _world.FateOf(shard);
        _life.After(Deadline, () => answered.TrySetException(
            new DirectoryUnavailableException($"shard {shard} does not answer")));
        if (fate == CallFate.Lost) return answered.Task;
        _world.After(fate == CallFate.Late ? _world.LongDelay() : _world.Delay(), () =>
        {
            var carried = KeeperSimulation.Answer((Task<T>)call.Invoke(_world.Directory, args)!);
            _world.Carried.Carried(call.Name, args, carried);
            var answer = _world.Bend(call.Name, carried);
            if (fate == CallFate.Carried) _life.After(_world.Delay(), () => answered.TrySetResult(answer));
        });
        return answered.Task;
    }

    private int ShardOf(object first) => first switch
    {
        int shard => shard,
        IReadOnlyList<GrainId> grains => GrainShard.Of(grains[0], KeeperSimulation.Shards),
        IReadOnlyList<GrainClaim> claims => GrainShard.Of(claims[0].Grain, KeeperSimulation.Shards),
        IReadOnlyList<HeldGrain> held => GrainShard.Of(held[0].Grain, KeeperSimulation.Shards),
        _ => throw new ArgumentException($"A call about {first} has no shard."),
    };
}

/// <summary>What becomes of a call to the directory.</summary>
internal enum CallFate
{
    Carried,

    /// <summary>It is carried out, and its answer is lost.</summary>
    Unheard,

    /// <summary>It is carried out long after its caller has given up.</summary>
    Late,

    Lost,
}
