namespace Holdfast.Standalone.Processes;

/// <summary>How a child speaks to its parent, and how it notices that the parent is gone.</summary>
internal static class ChildSide
{
    /// <summary>A line on standard output that starts so says that the child works.</summary>
    public const string ReadyWord = "READY ";

    public static void SayReady(string what)
    {
        Console.Out.WriteLine(ReadyWord + what);
        Console.Out.Flush();
    }

    /// <summary>
    /// Completes when the parent closes the pipe, or dies: the system closes it then. Signals of the terminal go to
    /// the whole group, and are left to the parent.
    /// </summary>
    public static Task ParentGone()
    {
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var watch = new Thread(() =>
        {
            using var input = Console.OpenStandardInput();
            var buffer = new byte[64];
            while (input.Read(buffer) > 0)
            {
                // The parent says nothing; only the end counts.
            }

            gone.TrySetResult();
        })
        {
            IsBackground = true,
            Name = "parent watch",
        };
        watch.Start();
        return gone.Task;
    }
}
