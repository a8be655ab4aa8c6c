using System.Globalization;

namespace Holdfast.Hosting;

/// <summary>
/// A process of this machine (of this pid namespace). The kernel gives ids again, so the start time goes along: both
/// together name one process for ever.
/// </summary>
/// <param name="Pid">Its id.</param>
/// <param name="StartedAt">When it started, in the kernel's clock ticks since the boot of the machine.</param>
public readonly record struct LocalProcess(int Pid, ulong StartedAt)
{
    // Of the fields after the command's closing parenthesis in /proc/<pid>/stat, see proc(5).
    private const int StateField = 0;
    private const int ThreadsField = 17;
    private const int StartField = 19;

    /// <summary>
    /// The live process of this id; null where there is none. A zombie is not alive, unless it is the first thread of a
    /// process whose other threads go on, which may still write.
    /// </summary>
    public static LocalProcess? Find(int pid)
    {
        if (pid <= 0) return null;
        try
        {
            return Read(pid, File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat")));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            // It ended before or while it was read, or it is hidden from this user, which is the same to us.
            return null;
        }
    }

    /// <summary>Whether this very process lives.</summary>
    public bool IsAlive() => Find(Pid) == this;

    internal static LocalProcess? Read(int pid, string stat)
    {
        // The command is in parentheses and may contain spaces and parentheses itself.
        var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length <= StartField) return null;
        var threads = int.Parse(fields[ThreadsField], CultureInfo.InvariantCulture);
        if (fields[StateField] is "Z" or "X" or "x" && threads <= 1) return null;
        return new LocalProcess(pid, ulong.Parse(fields[StartField], CultureInfo.InvariantCulture));
    }
}
