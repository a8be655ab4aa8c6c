using System.Runtime.InteropServices;
using Holdfast.Handoff.Protocol.Supervision;
using Holdfast.Hosting;

namespace Holdfast.Handoff.Service.Processes;

/// <summary>
/// A live process of a daemon, held by a descriptor, so that neither a signal nor the news of its end can be about
/// another process that was given its id. It need not be a child: one that an earlier supervisor started is held alike.
/// </summary>
internal sealed class RunningProcess : IDisposable
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource<int?> _exit = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _descriptor;

    private RunningProcess(DaemonProcess identity, int descriptor)
    {
        (Identity, _descriptor) = (identity, descriptor);
        new Thread(WaitForExit) { IsBackground = true, Name = $"exit of {identity.Pid}" }.Start();
    }

    public DaemonProcess Identity { get; }

    /// <summary>Completes when the process has ended: with its exit code, 128 more than its signal, or null.</summary>
    public Task<int?> Exit => _exit.Task;

    /// <summary>A child that was just started; its id is not given away before this process waited for it.</summary>
    public static RunningProcess OfChild(int pid, BuildName build)
    {
        // Also of one that has ended already, whose start time nobody can read any more.
        var startedAt = LocalProcess.Find(pid)?.StartedAt ?? 0;
        var descriptor = NativeCalls.OpenProcess(pid);
        if (descriptor < 0)
        {
            // Whom nobody can watch must not go on: an old kernel, or a filter of system calls.
            var problem = ErrorText();
            _ = NativeCalls.Kill(pid, NativeCalls.SignalKill);
            _ = NativeCalls.WaitProcess(pid, out _, 0);
            throw new IOException($"Process {pid} cannot be watched, pidfd_open is refused: {problem}");
        }

        return new RunningProcess(new DaemonProcess(pid, startedAt, build), descriptor);
    }

    /// <summary>A process that somebody else started; null where it does not live any more.</summary>
    public static RunningProcess? Of(DaemonProcess identity)
    {
        if (identity.Pid <= 0) return null;
        var descriptor = NativeCalls.OpenProcess(identity.Pid);
        if (descriptor < 0) return null;

        // Looked at after it is held: what is seen now is what is held.
        if (new LocalProcess(identity.Pid, identity.StartedAt).IsAlive())
            return new RunningProcess(identity, descriptor);
        NativeCalls.Close(descriptor);
        return null;
    }

    public void Signal(int signal)
    {
        lock (_gate)
        {
            if (_descriptor >= 0) NativeCalls.Signal(_descriptor, signal);
        }
    }

    /// <summary>Gives copies of its descriptors to <paramref name="take"/> until that has enough.</summary>
    /// <param name="take">Takes over a descriptor and answers whether it wants more.</param>
    /// <returns>False where this process may not look into that one.</returns>
    public bool TryCopyDescriptors(Func<int, bool> take)
    {
        string[] names;
        try
        {
            names = System.IO.Directory.GetFiles($"/proc/{Identity.Pid}/fd");
        }
        catch (Exception denied) when (denied is IOException or UnauthorizedAccessException)
        {
            return false;
        }

        foreach (var number in names.Select(name => int.Parse(Path.GetFileName(name))).Order())
        {
            lock (_gate)
            {
                if (_descriptor < 0) return false;
                var copy = NativeCalls.TakeDescriptor(_descriptor, number);
                if (copy < 0 && Marshal.GetLastPInvokeError() == 1) return false;
                if (copy >= 0 && !take(copy)) return true;
            }
        }

        return true;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_descriptor < 0 || !_exit.Task.IsCompleted) return;
            NativeCalls.Close(_descriptor);
            _descriptor = -1;
        }
    }

    private static string ErrorText() => Marshal.GetLastPInvokeErrorMessage();

    // A thread of its own, which costs little and notices at once; a supervisor has few daemons.
    private void WaitForExit()
    {
        var entry = new NativeCalls.PollEntry { Descriptor = _descriptor, Events = NativeCalls.Readable };
        while (NativeCalls.Poll(ref entry, 1, -1) <= 0)
        {
            // Interrupted by a signal.
        }

        var reaped = NativeCalls.WaitProcess(Identity.Pid, out var status, NativeCalls.NoHang);
        _exit.TrySetResult(reaped == Identity.Pid ? CodeOf(status) : null);
    }

    private static int CodeOf(int status)
    {
        var signal = status & 0x7f;
        return signal == 0 ? (status >> 8) & 0xff : 128 + signal;
    }
}
