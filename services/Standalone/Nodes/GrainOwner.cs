using System.Threading.Channels;
using Holdfast.Client;
using Holdfast.Contracts;
using Holdfast.Directory;
using Holdfast.Hosting;
using Holdfast.Primitives;
using Holdfast.Standalone.Resource;

namespace Holdfast.Standalone.Nodes;

/// <summary>
/// A program that owns grains, as a user would write one. It claims its share of what its cluster owns: at once when
/// an event says that something was promoted, and every few seconds by asking the directory, because events are hints.
/// Each grain goes to the live node of the cluster that rendezvous picks, so two nodes claim none twice. What it holds
/// it writes to the resource, with the epoch of each grain.
/// </summary>
internal sealed class GrainOwner : IAsyncDisposable
{
    public const string GrainType = "account";

    private static readonly TimeSpan ReconcileInterval = TimeSpan.FromSeconds(5);

    private readonly GrainClaims _claims;
    private readonly IGrainDirectory _directory;
    private readonly ClusterPeers _peers;
    private readonly ResourceClient _resource;
    private readonly NodeAssignment _assignment;
    private readonly ILogger _logger;
    private readonly Channel<IReadOnlyList<GrainId>> _hints = Channel.CreateBounded<IReadOnlyList<GrainId>>(
        new BoundedChannelOptions(1_024) { FullMode = BoundedChannelFullMode.DropOldest });

    private readonly CancellationTokenSource _stopping = new();
    private Task _working = Task.CompletedTask;
    private IAsyncDisposable? _subscription;

    public GrainOwner(
        HoldfastSession session,
        IGrainDirectory directory,
        ClusterPeers peers,
        ResourceClient resource,
        NodeAssignment assignment,
        ILogger logger)
    {
        (_directory, _peers, _resource, _assignment, _logger) = (directory, peers, resource, assignment, logger);
        _claims = new GrainClaims(directory, session);
    }

    /// <summary>What it holds, with the epochs.</summary>
    public IReadOnlyDictionary<GrainId, Epoch> Held => _claims.Held;

    public static GrainId Grain(int number) => new(GrainType, $"{number:d4}");

    public static bool IsOurs(GrainId grain) => grain.Type == GrainType;

    public void Start(IEventSubscriber events)
    {
        _subscription = events.Subscribe<GrainPromoted>($"owner.{_assignment.Self.Node}", HearAsync);
        _working = Task.Run(WorkAsync);
    }

    /// <summary>Writes to the resource on behalf of one grain; null when this process does not hold it.</summary>
    public async Task<WriteAnswer?> WriteAsync(GrainId grain, string value, CancellationToken cancel)
    {
        if (!_claims.TryGetEpoch(grain, out var epoch)) return null;
        var answer = await _resource.WriteAsync([KeyValuePair.Create(grain, epoch)], value, cancel);
        if (answer.Refused.Count > 0) _claims.Forget(grain, epoch);
        return answer;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        if (_subscription is not null) await _subscription.DisposeAsync();
        await _working;
        _stopping.Dispose();
    }

    private Task HearAsync(GrainPromoted promoted, EventContext context, CancellationToken cancel)
    {
        if (promoted.ToCluster == _assignment.Self.Cluster)
        {
            // Its cluster owns grains of other programs too.
            _hints.Writer.TryWrite(
                [.. promoted.Grains.Select(grain => new GrainId(grain.Type, grain.Key)).Where(IsOurs)]);
        }

        return Task.CompletedTask;
    }

    private async Task WorkAsync()
    {
        var first = _assignment.FirstGrains;
        IReadOnlyList<GrainId> wanted = [.. Enumerable.Range(1, first).Select(Grain)];
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                if (wanted.Count > 0) await TakeAsync(wanted, _stopping.Token);
                wanted = await NextAsync(_stopping.Token);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (SessionLostException e)
            {
                // Fenced: what it holds belongs to others now, and a new process with a new session is wanted.
                Log.OwnerEnds(_logger, _assignment.Self.Node, e);
                return;
            }
            catch (GrainTypeNotFencedException e)
            {
                Log.OwnerMayNotClaim(_logger, _assignment.Self.Node, e.Type, e.Message);
                return;
            }
            catch (Exception e) when (e is DirectoryUnavailableException or ConsensusUnavailableException
                or ConsensusRefusedException or HttpRequestException or OperationCanceledException)
            {
                // A deadline of a call ends in a cancellation that nobody here asked for.
                Log.OwnerWaits(_logger, _assignment.Self.Node, e.Message);
                await Task.Delay(TimeSpan.FromMilliseconds(200), CancellationToken.None);
            }
        }
    }

    /// <summary>What the events named, or after a while without any, what the directory says is free.</summary>
    private async Task<IReadOnlyList<GrainId>> NextAsync(CancellationToken cancel)
    {
        using var reconcile = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        reconcile.CancelAfter(ReconcileInterval);
        try
        {
            List<GrainId> wanted = [.. await _hints.Reader.ReadAsync(reconcile.Token)];
            while (_hints.Reader.TryRead(out var more)) wanted.AddRange(more);
            return wanted;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return await FreeAsync(cancel);
        }
    }

    private async Task<List<GrainId>> FreeAsync(CancellationToken cancel)
    {
        var free = new List<GrainId>();
        for (var shard = 0; shard < _directory.Shards; shard++)
        {
            string? cursor = null;
            do
            {
                var page = await _directory.ListByOwnerAsync(
                    shard, new ClusterId(_assignment.Self.Cluster), cursor, cancel);
                free.AddRange(page.Records
                    .Where(record => record.Holder is null && IsOurs(record.Grain))
                    .Select(record => record.Grain));
                cursor = page.Next;
            }
            while (cursor is not null);
        }

        return free;
    }

    private async Task TakeAsync(IReadOnlyList<GrainId> wanted, CancellationToken cancel)
    {
        var alive = await _peers.AliveAsync(cancel);
        var mine = wanted
            .Where(grain => RendezvousHash.Order(grain.ToString(), alive, node => node)[0] == _assignment.Self.Node)
            .ToHashSet();
        if (mine.Count > 0) await ClaimAsync(mine, cancel);

        // Of all that was wanted: what an earlier try claimed and could not write may be another node's share by now.
        var asked = wanted.ToHashSet();
        var held = Held.Where(grain => asked.Contains(grain.Key)).ToList();
        if (held.Count == 0) return;
        new OwnerJournal(
            _assignment.Self.Node,
            _claims.Session.Id.ToString(),
            Held.ToDictionary(grain => grain.Key.ToString(), grain => grain.Value.ToString()))
            .Write(_assignment.JournalFile);
        await _resource.WriteAsync(held, $"served by {_assignment.Self.Node}", cancel);
    }

    private async Task ClaimAsync(IReadOnlyCollection<GrainId> mine, CancellationToken cancel)
    {
        var results = await _claims.ClaimAsync(mine, cancel);
        if (results.FirstOrDefault(result => !result.IsHeld && result.Status != DirectoryStatus.LostRace) is { } later)
            throw new DirectoryUnavailableException($"a claim of {later.Grain} came to {later.Status}");
    }
}
