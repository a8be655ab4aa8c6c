using Holdfast.Primitives;

namespace Holdfast.Client.Tests;

public sealed class RequestTurnsTests
{
    private static readonly SessionId Session = SessionId.Parse("0000000000000007");

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly RequestTurns _turns = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_slow_change_is_not_overtaken_by_more_than_a_window_of_later_ones()
    {
        var slow = await TakeAsync();
        for (var i = 1; i < RequestTurns.Width; i++) (await TakeAsync()).Dispose();
        var next = TakeAsync();

        next.IsCompleted.ShouldBeFalse();

        slow.Dispose();
        (await next).Dispose();
        _turns.Sessions.ShouldBe(0);
    }

    [Fact]
    public async Task Many_changes_at_once_all_get_their_turn_and_a_window_of_them_at_a_time()
    {
        var (underWay, most) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(async _ =>
        {
            using var turn = await TakeAsync();
            lock (_turns) most = Math.Max(most, ++underWay);
            await Task.Yield();
            lock (_turns) underWay--;
        }));

        most.ShouldBeInRange(1, RequestTurns.Width);
        _turns.Sessions.ShouldBe(0);
    }

    [Fact]
    public async Task Who_gives_up_waiting_holds_up_nobody_and_other_sessions_do_not_wait()
    {
        var first = await TakeAsync();
        for (var i = 1; i < RequestTurns.Width; i++) (await TakeAsync()).Dispose();
        using var given = new CancellationTokenSource();
        var waiting = _turns.TryTakeAsync(Session, Patience, given.Token);
        (await _turns.TryTakeAsync(Session, TimeSpan.Zero, Cancel)).ShouldBeNull();
        await given.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(waiting);
        (await _turns.TryTakeAsync(SessionId.Parse("0000000000000008"), Patience, Cancel))!.Dispose();
        var last = TakeAsync();

        first.Dispose();

        (await last).Dispose();
        _turns.Sessions.ShouldBe(0);
    }

    private async Task<IDisposable> TakeAsync() => (await _turns.TryTakeAsync(Session, Patience, Cancel))!;
}
