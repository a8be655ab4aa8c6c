using System.Diagnostics;
using Holdfast.Client;
using Holdfast.Directory;
using Holdfast.Hosting;
using Holdfast.Primitives;
using Holdfast.Recovery.Protocol;
using Holdfast.Recovery.Service.Consensus;

namespace Holdfast.Recovery.Service.Directory;

/// <summary>
/// Makes the machine's calls to the directory, writes inside the trace of what caused them, and only while the lease
/// holds: what waited in a queue of this process meanwhile is not sent.
/// </summary>
internal sealed class GroupCaller(
    IGrainDirectory directory, RecoverySeat seat, NodeOptions node, ILogger<GroupCaller> logger)
{
    public async Task<RecoveryInput> CallAsync(GroupCall call, CancellationToken cancel)
    {
        // Taken before the question, so that it is the end of the lease that is asked for. The directory repeats a call
        // that is not answered; none of that goes on without the lease.
        var ended = seat.Ended;
        using var leased = CancellationTokenSource.CreateLinkedTokenSource(cancel, ended);
        var result = seat.IsHeld
            ? await TryAsync(call, leased.Token)
            : new GroupResult.Failed("the election is not held");
        cancel.ThrowIfCancellationRequested();
        Telemetry.CallEnded(call, result);
        if (result is GroupResult.Failed failed)
            Log.CallFailed(logger, call.GetType().Name, call.Group.Value, failed.Why);
        if (call is GroupCall.Put put && result is GroupResult.Written) Tell(put);
        return new RecoveryInput.CallEnded(call, result);
    }

    private async Task<GroupResult> TryAsync(GroupCall call, CancellationToken cancel)
    {
        try
        {
            return call switch
            {
                GroupCall.Open open => await OpenAsync(open, cancel),
                GroupCall.Put put => await PutAsync(put, cancel),
                _ => throw new InvariantViolatedException(call.ToString()),
            };
        }
        catch (Exception failure) when (
            failure is DirectoryUnavailableException or ConsensusUnavailableException or SessionLostException)
        {
            return new GroupResult.Failed(failure.Message);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return new GroupResult.Failed("the lease has ended");
        }
    }

    private async Task<GroupResult> OpenAsync(GroupCall.Open call, CancellationToken cancel)
    {
        if (await ElsewhereAsync(call, cancel) is { } elsewhere) return elsewhere;
        var shard = GrainShard.Of(call.Group.Grain, directory.Shards);
        var installed = await directory.InstallGrantAsync(shard, seat.Election, call.Token, cancel);
        if (installed.Status != DirectoryStatus.Ok) return Refusal(installed.Status, installed.Bound);
        var slots = await directory.AllSlotsAsync(call.Group, cancel);
        return slots.Status == DirectoryStatus.Ok
            ? new GroupResult.Opened([.. slots.Records.Select(SlotText.Read)], [.. slots.Unreadable])
            : new GroupResult.Failed(slots.Status.ToString());
    }

    /// <summary>Null when the own cluster is the group's home, and the own session holds its grain.</summary>
    private async Task<GroupResult?> ElsewhereAsync(GroupCall.Open call, CancellationToken cancel)
    {
        var found = (await directory.LookupAsync([call.Group.Grain], cancel))[0];
        var record = found.Record is { Tombstone: false } ? found.Record : null;
        if (found.Status is not (DirectoryStatus.Ok or DirectoryStatus.NotFound))
            return new GroupResult.Failed(found.Status.ToString());
        if (record is null && !call.MayFound) return new GroupResult.Elsewhere(null);
        if (record is not null && record.Cluster != node.Cluster) return new GroupResult.Elsewhere(record.Cluster);
        if (record is not null && seat.Holds(record)) return null;
        var claim = await seat.ClaimAsync(directory, call.Group.Grain, record?.Epoch, cancel);
        return claim switch
        {
            { IsHeld: true } => null,
            { Record: { Tombstone: false } winner } when winner.Cluster != node.Cluster =>
                new GroupResult.Elsewhere(winner.Cluster),
            null => new GroupResult.Failed("there is no session"),
            _ => new GroupResult.Failed($"the claim of its grain: {claim.Status}"),
        };
    }

    private async Task<GroupResult> PutAsync(GroupCall.Put call, CancellationToken cancel)
    {
        using var span = Enter(call);
        var answer = await directory.PutSlotsAsync(
            new PutSlotsCall(
                call.Group, call.Kind, seat.Election, call.Token, [.. call.Writes.Select(SlotText.Write)]),
            cancel);
        return answer.Status switch
        {
            DirectoryStatus.Ok => new GroupResult.Written(),
            DirectoryStatus.LostRace or DirectoryStatus.NotOwner => new GroupResult.Raced(),
            var status => Refusal(status, answer.Bound),
        };
    }

    private static GroupResult Refusal(DirectoryStatus status, Token bound) => status switch
    {
        DirectoryStatus.GrantSuperseded or DirectoryStatus.BelowFloor or DirectoryStatus.TokenTooLow =>
            new GroupResult.Refused(bound),
        _ => new GroupResult.Failed(status.ToString()),
    };

    // The trace is handed on also where nobody records it.
    private static Activity? Enter(GroupCall.Put call)
    {
        if (!ActivityContext.TryParse(call.TraceParent, null, out var context)) return null;
        var span = Telemetry.Source.StartActivity("place slots", ActivityKind.Internal, context);
        span?.SetTag("holdfast.group", call.Group.Value);
        return span ?? new Activity("place slots").SetParentId(call.TraceParent!).Start();
    }

    private void Tell(GroupCall.Put call)
    {
        foreach (var write in call.Writes)
        {
            var slot = write.New;
            var place = slot.Node?.Value ?? "no node";
            var epoch = slot.Epoch.ToString();
            Log.SlotChanged(
                logger, call.Group.Value, slot.Index, slot.State.ToString(), place, write.Reason, epoch);
        }
    }
}
