namespace Holdfast.Consensus.Service.Raft;

/// <summary>Pieces of work on other threads that somebody waits for at the end.</summary>
internal sealed class TaskGroup
{
    private readonly Lock _gate = new();
    private readonly HashSet<Task> _running = [];
    private bool _isStopping;

    public void Begin(Action work)
    {
        lock (_gate)
        {
            if (_isStopping) return;
            var task = new Task(work);
            _running.Add(task);
            _ = task.ContinueWith(
                Ended, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            task.Start(TaskScheduler.Default);
        }
    }

    public async Task StopAsync()
    {
        Task[] running;
        lock (_gate)
        {
            _isStopping = true;
            running = [.. _running];
        }

        await Task.WhenAll(running);
    }

    private void Ended(Task task)
    {
        lock (_gate) _running.Remove(task);
    }
}
