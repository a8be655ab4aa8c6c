using System.Reflection;
using Holdfast.Directory;

namespace Holdfast.Client.Tests.Grains;

/// <summary>A directory of which some calls hang while the test says so, and are carried out afterwards.</summary>
public class HangingDirectory : DispatchProxy
{
    private static readonly MethodInfo AfterMethod = typeof(HangingDirectory).GetMethod(
        nameof(AfterAsync), BindingFlags.NonPublic | BindingFlags.Static)!;

    private IGrainDirectory _inner = null!;
    private volatile Hung? _hung;

    /// <summary>A directory that answers as another until it is told to hang.</summary>
    public static IGrainDirectory Over(IGrainDirectory inner)
    {
        var directory = Create<IGrainDirectory, HangingDirectory>();
        ((HangingDirectory)(object)directory)._inner = inner;
        return directory;
    }

    internal IDisposable Hang(string call, int? shard)
    {
        var hung = _hung = new Hung(call, shard);
        return new Ending(() =>
        {
            _hung = null;
            hung.Ended.TrySetResult();
        });
    }

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        var hung = _hung;
        if (args is not [{ } first, ..] || hung?.Concerns(targetMethod!.Name, ShardOf(first)) != true)
            return targetMethod!.Invoke(_inner, args);
        return AfterMethod.MakeGenericMethod(targetMethod!.ReturnType.GenericTypeArguments[0])
            .Invoke(null, [hung.Ended.Task, () => targetMethod.Invoke(_inner, args)]);
    }

    private static async Task<T> AfterAsync<T>(Task over, Func<object?> call)
    {
        await over;
        return await (Task<T>)call()!;
    }

    private int ShardOf(object first) => first switch
    {
        int shard => shard,
        IReadOnlyList<HeldGrain> held => GrainShard.Of(held[0].Grain, _inner.Shards),
        _ => -1,
    };

    private sealed class Hung(string call, int? shard)
    {
        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool Concerns(string name, int at) => name == call && (shard is null || shard == at);
    }

    private sealed class Ending(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}

internal static class Hangs
{
    /// <summary>From now on a call hangs, of one shard or of all, until this is disposed of.</summary>
    public static IDisposable Hang(this IGrainDirectory directory, string call, int? shard = null) =>
        ((HangingDirectory)(object)directory).Hang(call, shard);
}
