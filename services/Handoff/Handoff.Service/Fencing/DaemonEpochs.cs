using System.Text;
using Holdfast.Client;
using Holdfast.Directory;
using Holdfast.Handoff.Service.Daemons;
using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Handoff.Service.Fencing;

/// <summary>
/// The epochs of fenced daemons. A daemon is the grain <c>holdfast.daemon/&lt;node&gt;/&lt;name&gt;</c>, held by the
/// supervisor under a session of its own; every raise is a claim under a new token of it. What came of it is written
/// into the daemon's epoch file before anybody is told to go on.
/// </summary>
internal sealed class DaemonEpochs(
    ConsensusClient consensus,
    IGrainDirectory directory,
    NodeOptions node,
    HandoffOptions options,
    ILogger<DaemonEpochs> logger) : IAsyncDisposable
{
    public const string GrainType = "holdfast.daemon";

    private readonly SemaphoreSlim _one = new(1, 1);
    private HoldfastSession? _session;

    /// <summary>The file that a daemon reads its epoch from.</summary>
    public static string FileOf(HandoffOptions options, WorkloadName daemon) =>
        Path.Combine(Path.GetFullPath(options.StateDirectory), $"{daemon}.epoch");

    /// <summary>The epoch that was given to a daemon last; null where there is none.</summary>
    public static Epoch? Read(HandoffOptions options, WorkloadName daemon)
    {
        var file = FileOf(options, daemon);
        return File.Exists(file) && Epoch.TryParse(File.ReadAllText(file).Trim(), out var epoch) ? epoch : null;
    }

    /// <summary>Raises a daemon's epoch above every epoch it ever had.</summary>
    /// <exception cref="EpochUnavailableException">It is not known to be raised.</exception>
    public async Task<Epoch> RaiseAsync(WorkloadName daemon, CancellationToken cancel)
    {
        await _one.WaitAsync(cancel);
        try
        {
            var epoch = await ClaimAsync(new GrainId(GrainType, $"{node.Id}/{daemon}"), cancel);
            DurableFile.Replace(FileOf(options, daemon), Encoding.UTF8.GetBytes($"{epoch}\n"));
            return epoch;
        }
        catch (Exception failure) when (failure is ConsensusUnavailableException or ConsensusRefusedException
            or SessionLostException or DirectoryUnavailableException or IOException)
        {
            throw new EpochUnavailableException(failure.Message, failure);
        }
        finally
        {
            _one.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_session is { } session) await session.DisposeAsync();
        _one.Dispose();
    }

    private async Task<Epoch> ClaimAsync(GrainId grain, CancellationToken cancel)
    {
        var session = await SessionAsync(cancel);

        // Not the token it was claimed with last: a claim under that one would change nothing.
        await session.AdvanceAsync(cancel);
        var known = (await directory.LookupAsync([grain], cancel))[0];
        var claim = new GrainClaim(grain, known.Record?.Epoch);
        var result = (await new GrainClaims(directory, session).ClaimAsync([claim], cancel))[0];
        if (!result.IsHeld)
        {
            throw new EpochUnavailableException(
                $"{grain} is not ours: {result.Status}, it belongs to {result.Record?.Cluster}.", null);
        }

        Invariant.Holds(known.Record is null || result.Record!.Epoch > known.Record.Epoch);
        return result.Record!.Epoch;
    }

    /// <summary>The session, opened anew where it is lost; it names the node where that has a live agent.</summary>
    private async Task<HoldfastSession> SessionAsync(CancellationToken cancel)
    {
        if (_session is { } lost && lost.LostReason.IsCompleted)
        {
            Log.SessionLost(logger, (await lost.LostReason).Detail);
            await lost.DisposeAsync();
            _session = null;
        }

        if (_session is { } known) return known;
        var snapshot = await consensus.SnapshotAsync(cancel);
        var own = snapshot.Nodes.FirstOrDefault(other => other.Node == node.Id.Value && other.Live);
        var wanted = new HoldfastSessionOptions
        {
            Cluster = node.Cluster,
            Node = own is null ? null : node.Id,
            Generation = own is null ? null : new Generation(own.Generation),
            Name = $"handoff on {node.Id}",
            Ttl = options.SessionTtl,
            KeepAlive = options.SessionTtl / 5,
        };
        _session = await HoldfastSession.OpenAsync(consensus, wanted, cancel);
        return _session;
    }
}

/// <summary>The epoch of a daemon is not known to be raised.</summary>
internal sealed class EpochUnavailableException(string why, Exception? inner) : Exception(why, inner);
