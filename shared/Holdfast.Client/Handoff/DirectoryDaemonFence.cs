using Holdfast.Directory;
using Holdfast.Primitives;

namespace Holdfast.Client.Handoff;

/// <summary>
/// The daemon's grain, <c>holdfast.daemon/&lt;node&gt;/&lt;name&gt;</c>, which the daemon claims itself, under a
/// session that it opens for a moment: an epoch outlives the session that made it.
/// </summary>
/// <param name="directory">Where grains are.</param>
/// <param name="grain">The daemon's.</param>
/// <param name="cluster">Whose it must be.</param>
/// <param name="openSession">Opens a session of that cluster.</param>
public sealed class DirectoryDaemonFence(
    IGrainDirectory directory,
    GrainId grain,
    ClusterId cluster,
    Func<CancellationToken, Task<HoldfastSession>> openSession) : IDaemonFence
{
    /// <summary>The type of daemons' grains.</summary>
    public const string GrainType = "holdfast.daemon";

    public bool IsRaisedByOthers => false;

    public async Task<Epoch> ReadAsync(CancellationToken cancel)
    {
        if (await LookupAsync(cancel) is not { } record)
            throw new FenceUnreachableException($"{grain} is not in the directory: nobody raised it yet.");
        return record.Epoch;
    }

    public async Task<Epoch> RaiseAsync(CancellationToken cancel)
    {
        var record = await LookupAsync(cancel);
        try
        {
            await using var session = await openSession(cancel);
            var claims = new GrainClaims(directory, session);
            var claim = new GrainClaim(grain, record is { Tombstone: false } ? record.Epoch : null);
            var result = (await claims.ClaimAsync([claim], cancel))[0];
            if (result is { IsHeld: true, Record.Epoch: var epoch } && epoch > (record?.Epoch ?? Epoch.None))
                return epoch;
            throw new FenceUnreachableException($"{grain} could not be claimed: {result.Status}.");
        }
        catch (Exception e) when (IsOutOfReach(e))
        {
            throw new FenceUnreachableException($"{grain} could not be claimed: {e.Message}", e);
        }
    }

    private static bool IsOutOfReach(Exception e) => e is DirectoryUnavailableException
        or ConsensusUnavailableException or ConsensusRefusedException or SessionLostException;

    private async Task<GrainRecord?> LookupAsync(CancellationToken cancel)
    {
        try
        {
            var answer = (await directory.LookupAsync([grain], cancel))[0];
            if (answer.Status == DirectoryStatus.NotFound) return null;
            if (answer is not { Status: DirectoryStatus.Ok, Record: { } record })
                throw new FenceUnreachableException($"{grain} could not be looked up: {answer.Status}.");
            return record.Cluster == cluster
                ? record
                : throw new FenceUnreachableException($"{grain} belongs to {record.Cluster}, not to {cluster}.");
        }
        catch (Exception e) when (IsOutOfReach(e))
        {
            throw new FenceUnreachableException($"{grain} could not be looked up: {e.Message}", e);
        }
    }
}
