using System.Globalization;
using System.Runtime.InteropServices;
using Holdfast.Servers.Native;

namespace Holdfast.Servers;

/// <summary>
/// SIGSTOP and SIGCONT. Of a process with many threads one takes the signal and stops the others when it gets its turn;
/// on a busy machine they work on until then, for tens of milliseconds. So whoever suspends waits for all of them.
/// </summary>
public static class Suspension
{
    private const int NoSuchProcess = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Returns when no thread of it works any more.</summary>
    /// <param name="process">A process of this user.</param>
    /// <exception cref="InvalidOperationException">There is no such process, or it is another's.</exception>
    /// <exception cref="TimeoutException">It works on.</exception>
    public static async Task BeginAsync(int process)
    {
        if (UnixSignal.Send(process, UnixSignal.Stop) != 0) throw Refused(process);
        await CompleteAsync(() => IsComplete(process), $"process {process}");
    }

    /// <summary>It works on where it stopped; one that has ended since needs nothing.</summary>
    /// <exception cref="InvalidOperationException">It is another's.</exception>
    public static void End(int process)
    {
        if (UnixSignal.Send(process, UnixSignal.Continue) != 0 && Marshal.GetLastPInvokeError() != NoSuchProcess)
            throw Refused(process);
    }

    /// <summary>Waits for what a signal that was sent brings about.</summary>
    internal static async Task CompleteAsync(Func<bool> isComplete, string whose)
    {
        using var deadline = new CancellationTokenSource(Patience);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        try
        {
            while (!isComplete()) await pace.WaitForNextTickAsync(deadline.Token);
        }
        catch (OperationCanceledException late)
        {
            throw new TimeoutException($"The threads of {whose} did not stop within {Patience}.", late);
        }
    }

    /// <summary>Whether all threads of it are stopped; of one that is gone none works.</summary>
    internal static bool IsComplete(int process)
    {
        try
        {
            var threads = Path.Combine("/proc", process.ToString(CultureInfo.InvariantCulture), "task");
            return System.IO.Directory.EnumerateDirectories(threads).All(IsAtRest);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    // stat: pid (name) state ...; the name may have blanks. T and t are stopped, Z and X have ended.
    private static bool IsAtRest(string thread)
    {
        try
        {
            var stat = File.ReadAllText(Path.Combine(thread, "stat"));
            return stat[stat.LastIndexOf(')') + 2] is 'T' or 't' or 'Z' or 'X';
        }
        catch (IOException)
        {
            // It has ended since.
            return true;
        }
    }

    private static InvalidOperationException Refused(int process) =>
        new($"Process {process} takes no signal, errno {Marshal.GetLastPInvokeError()}.");
}
