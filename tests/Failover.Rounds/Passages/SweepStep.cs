namespace Holdfast.Failover.Rounds.Passages;

/// <summary>On which way a step is met.</summary>
internal enum StepSide
{
    /// <summary>It was asked for, and whoever is asked does not know yet.</summary>
    Asked,

    /// <summary>It was done, and whoever asked does not know yet.</summary>
    Answered,
}

/// <summary>One step of a sweep, as it is seen on a process' way to Consensus or to Redis.</summary>
/// <param name="name">For people: <c>promote on shard 3</c>.</param>
internal sealed class SweepStep(string name)
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when it was answered, or when its connection is gone.</summary>
    public Task Ended => _ended.Task;

    /// <summary>The first word of the answer; null before it came, and for good where the connection is gone.</summary>
    public string? Answer { get; private set; }

    public void End(string? answer = null)
    {
        Answer ??= answer;
        _ended.TrySetResult();
    }

    public override string ToString() => name;
}
