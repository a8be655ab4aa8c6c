using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Service.Raft;

namespace Holdfast.Consensus.Service.Leading;

/// <summary>
/// One term's duties, which begin when this voter leads and have ended before it does not by its own wish: before it is
/// asked to hand over, and before it stops. Where leadership is lost otherwise, they end as soon as that is known, and
/// until then do nothing that counts: what they propose is refused by a voter that does not lead, or void in the log as
/// an entry of another term, and what they publish is what the log says, under the ids it always has.
/// </summary>
internal sealed class TermOfOffice(SessionKeeper keeper, LeaderClock clock)
{
    private readonly Lock _gate = new();
    private Task _last = Task.CompletedTask;
    private (LeadershipChange.BecameLeader Term, Func<CancellationToken, Task> Run, CancellationToken Host)? _office;
    private (CancellationTokenSource Stop, Task Run)? _duties;
    private int _pauses;

    /// <summary>This voter leads from now on.</summary>
    public Task TakeAsync(
        LeadershipChange.BecameLeader term, Func<CancellationToken, Task> run, CancellationToken host) =>
        InTurnAsync(async () =>
        {
            await EndAsync();
            _office = (term, run, host);
            Log.Leads(clock.Logger, term.Term.Value, term.NoOp.Value);
            Telemetry.Terms.Add(1);
            if (_pauses == 0) Begin();
        });

    /// <summary>This voter leads no more, or stops.</summary>
    public Task LeaveAsync(Term? left) => InTurnAsync(async () =>
    {
        await EndAsync();
        _office = null;
        if (left is { } term) Log.LeadsNoMore(clock.Logger, term.Value);
    });

    /// <summary>Leadership is about to be handed on; completes when the duties have ended.</summary>
    public Task PauseAsync() => InTurnAsync(async () =>
    {
        _pauses++;
        await EndAsync();
    });

    /// <summary>The wish to hand over has come to its end.</summary>
    /// <param name="over">The term of another leader, and so this voter leads none up to it; null: not known.</param>
    public Task GoOnAsync(Term? over) => InTurnAsync(() =>
    {
        _pauses--;

        // That another leads is known here before it is known where leadership is watched; or this voter leads again.
        // What else ended its term, it learns there: until then its office stands.
        if (over is { } next && _office?.Term.Term <= next) _office = null;
        if (_pauses == 0 && _duties is null) Begin();
        return Task.CompletedTask;
    });

    private void Begin()
    {
        if (_office is not { } office) return;
        keeper.BeginLeading(office.Term);
        var stop = CancellationTokenSource.CreateLinkedTokenSource(office.Host);
        _duties = (stop, office.Run(stop.Token));
    }

    private async Task EndAsync()
    {
        keeper.StopLeading();
        if (_duties is not { } duties) return;
        _duties = null;
        using var stop = duties.Stop;
        try
        {
            await stop.CancelAsync();
        }
        finally
        {
            await duties.Run;
        }
    }

    /// <summary>One after the other, in the order they were asked for.</summary>
    private Task InTurnAsync(Func<Task> act)
    {
        lock (_gate) return _last = AfterAsync(_last, act);
    }

    private static async Task AfterAsync(Task before, Func<Task> act)
    {
        // What became of the one before is its caller's business; and nothing is done in the lock.
        await before.ConfigureAwait(
            ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        await act();
    }
}
