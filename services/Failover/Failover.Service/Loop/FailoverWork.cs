using Holdfast.Failover.Protocol;
using Holdfast.Failover.Service.Consensus;
using Holdfast.Failover.Service.Directory;
using Holdfast.Failover.Service.Events;
using Holdfast.Hosting;

namespace Holdfast.Failover.Service.Loop;

/// <summary>
/// Carries outputs out beside the loop. Everything that is begun ends with an input; what must not happen ends the
/// loop with its exception. Bounded by the machine: one look, one advance, one definition, so many shard calls.
/// </summary>
internal sealed class FailoverWork(
    FailoverMailbox mailbox,
    SnapshotReader snapshots,
    FailoverSeat seat,
    DefinitionWriter definitions,
    ShardCaller shards,
    NoticePublisher notices)
{
    private readonly WorkBeside<FailoverInput> _beside = new(mailbox.PostAsync, mailbox.Fail);

    public void Carry(FailoverOutput output, CancellationToken cancel)
    {
        // Said before it is done: the sweep's span opens with its start, and the calls run inside it.
        foreach (var notice in output.Notices) notices.Publish(notice);
        if (output.Observe) _beside.Begin(() => snapshots.ReadAsync(output.ObserveFrom, cancel), cancel);
        if (output.AdvanceElection) _beside.Begin(() => seat.AdvanceAsync(cancel), cancel);
        if (output.Define is { } write) _beside.Begin(() => definitions.WriteAsync(write, cancel), cancel);
        foreach (var call in output.Calls) _beside.Begin(() => shards.CallAsync(call, cancel), cancel);
    }

    /// <summary>Completes once nothing is under way any more; the loop's stop has cancelled what was.</summary>
    public Task EndAsync() => _beside.EndAsync();
}
