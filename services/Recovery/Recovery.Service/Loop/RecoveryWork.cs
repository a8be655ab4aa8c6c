using Holdfast.Hosting;
using Holdfast.Recovery.Protocol;
using Holdfast.Recovery.Service.Consensus;
using Holdfast.Recovery.Service.Directory;
using Holdfast.Recovery.Service.Events;

namespace Holdfast.Recovery.Service.Loop;

/// <summary>
/// Carries outputs out beside the loop. Everything that is begun ends with an input; what must not happen ends the loop
/// with its exception. Bounded by the machine: one look, one advance, so many calls.
/// </summary>
internal sealed class RecoveryWork(
    RecoveryMailbox mailbox, WorldReader reader, RecoverySeat seat, GroupCaller groups, HostNudger nudger)
{
    private readonly WorkBeside<RecoveryInput> _beside = new(mailbox.PostAsync, mailbox.Fail);

    public void Carry(RecoveryOutput output, CancellationToken cancel)
    {
        if (output.Observe) _beside.Begin(() => reader.ReadAsync(output.ObserveFrom, cancel), cancel);
        if (output.AdvanceElection) _beside.Begin(() => seat.AdvanceAsync(cancel), cancel);
        foreach (var call in output.Calls) _beside.Begin(() => groups.CallAsync(call, cancel), cancel);
        foreach (var nudge in output.Nudges) nudger.Nudge(nudge);
    }

    /// <summary>Completes once nothing is under way any more; the loop's stop has cancelled what was.</summary>
    public Task EndAsync() => _beside.EndAsync();
}
