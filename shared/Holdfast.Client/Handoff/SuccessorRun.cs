using System.Threading.Channels;
using Holdfast.Handoff.Wire;
using Holdfast.Primitives;
using Microsoft.Extensions.Logging;

namespace Holdfast.Client.Handoff;

/// <summary>The shell of <see cref="SuccessorCore"/>: from the first Hello until it serves or gives up.</summary>
internal sealed class SuccessorRun(
    SuccessorCore core, HandoffStream stream, DaemonState state, IDaemonConnections connections, ILogger logger)
{
    private const int MailboxMax = 1_024;
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(25);

    private readonly Channel<SuccessorInput> _mailbox = Channel.CreateBounded<SuccessorInput>(
        new BoundedChannelOptions(MailboxMax) { SingleReader = true });

    private Task _opening = Task.CompletedTask;
    private string? _gaveUp;

    /// <summary>Null when it serves; else why it gave up.</summary>
    public async Task<string?> RunAsync(CancellationToken stopping)
    {
        using var ticks = new Timer(_ => Post(new SuccessorInput.Tick()), null, TickInterval, TickInterval);
        await using var link = new HandoffLink(stream, Heard);
        try
        {
            Carry(core.Step(new SuccessorInput.Started(), BootClock.Instance.Now()), link, stopping);
            while (core.Phase is not (SuccessorPhase.Serving or SuccessorPhase.GivenUp))
            {
                var input = await _mailbox.Reader.ReadAsync(stopping);
                Carry(core.Step(input, BootClock.Instance.Now()), link, stopping);
            }
        }
        finally
        {
            await _opening;
        }

        return _gaveUp;
    }

    private void Post(SuccessorInput input) => _mailbox.Writer.TryWrite(input);

    private void Heard(HandoffRead read) => Post(read switch
    {
        HandoffRead.Frame frame => new SuccessorInput.Heard(frame.Value),
        HandoffRead.Garbled garbled => new SuccessorInput.Garbled(garbled.Status),
        _ => new SuccessorInput.Disconnected(),
    });

    private void Carry(IEnumerable<SuccessorOutput> outputs, HandoffLink link, CancellationToken stopping)
    {
        foreach (var output in outputs)
        {
            switch (output)
            {
                case SuccessorOutput.Send send:
                    link.Send(send.Message);
                    break;
                case SuccessorOutput.TakeLock:
                    Post(state.TryLock(out _) ? new SuccessorInput.LockTaken() : new SuccessorInput.LockRefused());
                    break;
                case SuccessorOutput.Open open:
                    _opening = Task.Run(() => OpenAsync(open.Handoff, stopping), CancellationToken.None);
                    break;
                case SuccessorOutput.Serve:
                    connections.Accept();
                    state.ForgetSeal();
                    break;
                case SuccessorOutput.GiveUp giveUp:
                    _gaveUp = giveUp.Why;
                    break;
                case SuccessorOutput.Note note:
                    Telemetry.HandoffStepped(HandoffRole.Successor, note.Step);
                    Log.HandoffStep(logger, "successor", note.Handoff, note.Step, note.Detail);
                    break;
                default:
                    throw new InvariantViolatedException($"{output} is not carried out");
            }
        }
    }

    private async Task OpenAsync(HandoffId handoff, CancellationToken stopping)
    {
        try
        {
            var opened = await state.OpenSealedAsync(handoff, stopping);
            await connections.Up.WaitAsync(stopping);
            var isHealthy = await connections.IsHealthyAsync(stopping);
            Post(new SuccessorInput.Opened([.. connections.Listening], isHealthy, opened.Revisions));
        }
        catch (Exception e)
        {
            // Whatever the program's own code throws: the incumbent serves on, and the reason is said there and here.
            Log.HandoffPartFailed(logger, "open", e);
            Post(new SuccessorInput.OpenFailed(e.Message));
        }
    }
}
