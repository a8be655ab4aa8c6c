using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Service.Leading;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Primitives;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Consensus.Service.Tests.Service;

public sealed class SessionExpiryTests
{
    private static readonly SessionId First = new(new Token(1));
    private static readonly SessionId Second = new(new Token(2));

    private readonly List<SessionId> _due = [First, Second];
    private readonly List<SessionId> _proposed = [];
    private readonly List<SessionId> _open = [];
    private readonly List<double> _forgivenMs = [];
    private readonly Queue<ProposeOutcome> _outcomes = new();
    private readonly SessionExpiry _expiry;
    private TaskCompletionSource<bool> _confirmed = new();
    private Instant _now = At(0);

    public SessionExpiryTests() => _expiry = new SessionExpiry(
        new ExpiryActs(
            () => [.. _due.Select(id => new CoordinationCommand.ExpireSession(id, new Term(3)))],
            _ => _confirmed.Task,
            (expire, _) =>
            {
                _proposed.Add(expire.Session);
                return Task.FromResult(_outcomes.TryDequeue(out var outcome)
                    ? outcome
                    : new ProposeOutcome.Applied(1, 1, null));
            },
            _open.Add,
            heldUp => _forgivenMs.Add(heldUp.TotalMilliseconds)),
        heldUpMax: TimeSpan.FromMilliseconds(500),
        At(0));

    [Fact]
    public async Task A_round_that_takes_long_and_is_confirmed_ends_its_sessions_and_forgives_nothing()
    {
        for (var ms = 100; ms <= 3_000; ms += 100) await TickAsync(ms);
        _confirmed.SetResult(true);
        await _expiry.EndAsync();
        _due.Clear();
        await TickAsync(3_100);

        _proposed.ShouldBe([First, Second]);
        _open.ShouldBeEmpty();
        _forgivenMs.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_round_that_no_majority_confirmed_is_forgiven_and_its_sessions_may_live_on()
    {
        for (var ms = 100; ms <= 700; ms += 100) await TickAsync(ms);
        _confirmed.SetResult(false);
        await _expiry.EndAsync();
        await TickAsync(800);

        _proposed.ShouldBeEmpty();
        _open.ShouldBe([First, Second], ignoreOrder: true);
        _forgivenMs.ShouldBe([600]);
    }

    [Fact]
    public async Task A_late_tick_is_forgiven_before_anything_is_decided()
    {
        await TickAsync(501);

        _forgivenMs.ShouldBe([501]);
        _proposed.ShouldBeEmpty();
        _open.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_machine_that_stood_still_during_a_round_is_forgiven_after_it()
    {
        await TickAsync(100);
        await TickAsync(2_100);
        _forgivenMs.ShouldBeEmpty();
        _confirmed.SetResult(true);
        await _expiry.EndAsync();
        await TickAsync(2_200);

        _proposed.ShouldBe([First, Second]);
        _forgivenMs.ShouldBe([2_000]);
    }

    [Fact]
    public async Task A_round_that_fails_before_it_proposes_leaves_every_session_open()
    {
        await TickAsync(100);
        _confirmed.SetException(new InvalidOperationException("broken"));
        await _expiry.EndAsync();
        _open.ShouldBe([First, Second], ignoreOrder: true);

        await Should.ThrowAsync<InvalidOperationException>(() => TickAsync(200));
        _confirmed = new TaskCompletionSource<bool>();
        _confirmed.SetResult(true);
        await TickAsync(300);
        await _expiry.EndAsync();
        _proposed.ShouldBe([First, Second]);
    }

    [Fact]
    public async Task What_was_certainly_not_appended_may_live_on_and_what_may_have_been_may_not()
    {
        _outcomes.Enqueue(new ProposeOutcome.Overloaded());
        _outcomes.Enqueue(new ProposeOutcome.Lost());
        _confirmed.SetResult(true);
        await TickAsync(100);
        await _expiry.EndAsync();

        _open.ShouldBe([First]);
    }

    [Fact]
    public async Task A_duty_that_fails_as_the_term_ends_ends_with_it()
    {
        using var term = new CancellationTokenSource();
        var clock = new LeaderClock(BootClock.Instance, TimeProvider.System, NullLogger<LeaderDuties>.Instance);
        await LeaderDuties.RepeatAsync(
            async _ =>
            {
                await term.CancelAsync();
                throw new InvalidOperationException("broken");
            },
            clock,
            term.Token);
    }

    [Fact]
    public async Task A_duty_whose_pause_after_a_failure_is_cut_off_by_the_end_of_the_term_ends_with_it()
    {
        using var term = new CancellationTokenSource();
        var failed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var clock = new LeaderClock(BootClock.Instance, new FrozenTime(failed), NullLogger<LeaderDuties>.Instance);
        var duty = LeaderDuties.RepeatAsync(
            _ => throw new InvalidOperationException("broken"), clock, term.Token);
        await failed.Task;
        await term.CancelAsync();
        await duty;
    }

    private Task TickAsync(long ms)
    {
        _now = At(ms);
        return _expiry.TickAsync(() => _now, CancellationToken.None);
    }

    private static Instant At(long ms) => Instant.Zero + TimeSpan.FromMilliseconds(ms);

    /// <summary>Its timers never fire; says when the first is set.</summary>
    private sealed class FrozenTime(TaskCompletionSource set) : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            set.TrySetResult();
            return base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
