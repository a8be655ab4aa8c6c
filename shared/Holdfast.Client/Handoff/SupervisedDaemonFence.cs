using Holdfast.Primitives;

namespace Holdfast.Client.Handoff;

/// <summary>
/// The epoch that the supervisor wrote into the daemon's epoch file, after it raised the daemon's grain and before it
/// tells anybody to go on. The daemon itself raises it only when it has to serve on without a supervisor.
/// </summary>
/// <param name="epochFile">The file.</param>
/// <param name="own">How it raises the epoch itself; absent: it cannot, and serves on under what the
/// file says.</param>
public sealed class SupervisedDaemonFence(string epochFile, IDaemonFence? own) : IDaemonFence
{
    public bool IsRaisedByOthers => true;

    public async Task<Epoch> ReadAsync(CancellationToken cancel)
    {
        try
        {
            var text = (await File.ReadAllTextAsync(epochFile, cancel)).Trim();
            return Epoch.TryParse(text, out var epoch)
                ? epoch
                : throw new FenceUnreachableException($"'{epochFile}' says '{text}', which is no epoch.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FenceUnreachableException($"'{epochFile}': {e.Message}", e);
        }
    }

    public async Task<Epoch> RaiseAsync(CancellationToken cancel) => own is null
        ? throw new FenceUnreachableException("The supervisor is away, and this process has no way to the directory.")
        : await own.RaiseAsync(cancel);
}
