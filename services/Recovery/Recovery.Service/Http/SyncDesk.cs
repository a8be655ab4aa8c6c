using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Hosting;
using Holdfast.Primitives;
using Holdfast.Recovery.Protocol;
using Holdfast.Recovery.Service.Consensus;
using Holdfast.Recovery.Service.Loop;

namespace Holdfast.Recovery.Service.Http;

/// <summary>
/// Takes what hosts say, over HTTP and by command, and answers with their orders; only under a lease that holds, for a
/// holder that was deposed must not start what its successor has given to others.
/// </summary>
internal sealed class SyncDesk(RecoveryMailbox mailbox, RecoverySeat seat, NodeOptions node)
{
    private static readonly CommandRefused NotActing = new()
    {
        CommandId = Guid.Empty,
        Code = ProblemCodes.NotActing,
        Detail = "This Recovery does not act for the host, or has not heard of it.",
        Legal = "The host's sync over HTTP with the Recovery of its cluster, which says the same.",
    };

    public async Task<IResult> SyncAsync(string name, SlotHostSync sync, CancellationToken cancel)
    {
        if (SyncText.Problem(name, sync, node.Cluster) is { } problem)
        {
            Telemetry.Reported("invalid");
            return Problem.Invalid(problem);
        }

        var output = await mailbox.AskAsync(new RecoveryInput.Reported(SyncText.Read(name, sync)), cancel);
        if (output.Orders is not { } orders || !seat.IsHeld)
        {
            Telemetry.Reported("notActing");
            return Problem.Answer(
                StatusCodes.Status421MisdirectedRequest,
                ProblemCodes.NotActing,
                $"This Recovery does not hold {seat.Election} now, or has just won it, or does not know the session " +
                $"yet, as '{RecoveryRoutes.SessionNameOf(name)}'; ask another, or again.");
        }

        Telemetry.Reported("taken");
        return Results.Ok(new SlotHostAnswer { Slots = [.. orders.Select(SyncText.Write)] });
    }

    public async Task<ICommandAnswer> ConfirmAsync(ConfirmSlot command, CancellationToken cancel)
    {
        if (SyncText.Problem(command) is { } problem)
        {
            return new CommandRefused
            {
                CommandId = command.CommandId,
                Code = "invalidConfirmation",
                Detail = problem,
                Legal = "A node, a group, a slot and its epoch, and a state of started, stopped or failed.",
            };
        }

        var slot = new SlotId(new GroupId(command.Group), command.Slot);
        var output = await mailbox.AskAsync(
            new RecoveryInput.Confirmed(new NodeId(command.NodeId), slot, SyncText.Read(command)), cancel);
        return output.Orders is null || !seat.IsHeld
            ? NotActing with { CommandId = command.CommandId }
            : new CommandAccepted { CommandId = command.CommandId };
    }
}
