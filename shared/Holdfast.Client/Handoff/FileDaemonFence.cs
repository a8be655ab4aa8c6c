using System.Globalization;
using Holdfast.Primitives;

namespace Holdfast.Client.Handoff;

/// <summary>
/// Counts up in a file of the data directory, whose lock keeps others away; nobody else raises it, so reading raises
/// too. Its epochs order the processes of one data directory, and mean nothing to anybody else.
/// </summary>
public sealed class FileDaemonFence(string path) : IDaemonFence
{
    public bool IsRaisedByOthers => false;

    public Task<Epoch> ReadAsync(CancellationToken cancel) => RaiseAsync(cancel);

    public async Task<Epoch> RaiseAsync(CancellationToken cancel)
    {
        try
        {
            var last = File.Exists(path) ? (await File.ReadAllTextAsync(path, cancel)).Trim() : "0";
            if (!ulong.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
                throw new FenceUnreachableException($"'{path}' says '{last}'; a number is wanted.");
            var epoch = new Epoch(Token.None, checked(count + 1));
            DurableFile.Replace(path, epoch.Counter.ToString(CultureInfo.InvariantCulture));
            return epoch;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FenceUnreachableException($"'{path}': {e.Message}", e);
        }
    }
}
