using Holdfast.Directory.Embedded;
using Holdfast.Directory.Tests.Contract;
using Microsoft.Extensions.Logging.Abstractions;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Outbox;

public sealed class RelayHoldTests : IAsyncLifetime
{
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    private readonly WatchedDirectory _directory = new(new EmbeddedGrainDirectory(new DirectoryOptions { Shards = 1 }));
    private readonly RecordingBus _bus = new();
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        await _directory.OpenShardAsync(0, FailoverWest, T(9), Floor, Cancel);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    [Fact]
    public async Task A_hold_lasts_until_it_is_ended()
    {
        var hold = new RelayHold(Long, Long, TimeProvider.System);
        hold.WaitAsync(Cancel).IsCompleted.ShouldBeTrue();

        hold.Begin();
        var waiting = hold.WaitAsync(Cancel);
        hold.Begin();
        waiting.IsCompleted.ShouldBeFalse();
        hold.End();

        await waiting.WaitAsync(WaitMax, Cancel);
        hold.WaitAsync(Cancel).IsCompleted.ShouldBeTrue();
    }

    [Theory, InlineData(1, 60_000), InlineData(60_000, 1)]
    public async Task A_hold_that_nobody_ends_is_over_by_itself_and_does_not_begin_again(int max, int idleMax)
    {
        var hold = new RelayHold(
            TimeSpan.FromMilliseconds(max), TimeSpan.FromMilliseconds(idleMax), TimeProvider.System);

        hold.Begin();
        await hold.WaitAsync(Cancel).WaitAsync(WaitMax, Cancel);
        hold.Begin();

        hold.WaitAsync(Cancel).IsCompleted.ShouldBeTrue();
    }

    [Fact]
    public async Task A_hold_lasts_as_long_as_there_is_progress_and_then_for_a_moment_though_never_too_long()
    {
        var time = new TurnedTime();
        var hold = new RelayHold(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1), time);

        hold.Begin();
        time.Turn(TimeSpan.FromSeconds(0.9));
        hold.Progressed();
        time.Turn(TimeSpan.FromSeconds(0.9));
        hold.WaitAsync(Cancel).IsCompleted.ShouldBeFalse("it got on 0.9 s ago");
        time.Turn(TimeSpan.FromSeconds(0.1));
        await hold.WaitAsync(Cancel).WaitAsync(WaitMax, Cancel);

        hold.End();
        hold.Begin();
        for (var tenths = 0; tenths < 99; tenths++)
        {
            hold.WaitAsync(Cancel).IsCompleted.ShouldBeFalse($"after {tenths} tenths of a second");
            time.Turn(TimeSpan.FromSeconds(0.1));
            hold.Progressed();
        }

        time.Turn(TimeSpan.FromSeconds(0.1));
        await hold.WaitAsync(Cancel).WaitAsync(WaitMax, Cancel);
    }

    [Fact]
    public async Task What_happened_during_a_hold_is_published_after_it()
    {
        var relay = Start(Long);
        relay.Hold();
        relay.Own([0], FailoverWest, T(20));
        await _directory.ClaimAsync(G("a"), East, 11, 11);
        relay.Nudge(0);
        _bus.Attempts.ShouldBeEmpty();

        relay.Release();

        await _bus.NextAsync("the claim after the hold");
    }

    [Fact]
    public async Task A_relay_that_is_held_for_ever_goes_on_in_time()
    {
        var relay = Start(TimeSpan.FromMilliseconds(1));
        relay.Hold();
        relay.Own([0], FailoverWest, T(20));

        await _directory.ClaimAsync(G("a"), East, 11, 11);

        await _bus.NextAsync("the claim, though nobody released the relay");
    }

    [Fact]
    public async Task A_newer_token_of_the_owner_is_installed_when_there_is_something_to_trim()
    {
        var relay = Start(TimeSpan.Zero);
        relay.Own([0], FailoverWest, T(20));
        await _directory.ReadAsync();

        relay.Own([0], FailoverWest, T(21));
        await _directory.ClaimAsync(G("a"), East, 11, 11);
        relay.Nudge(0);

        await _bus.NextAsync("the claim");
        await _directory.TrimRefusedAsync();
        await _directory.TrimmedAsync(upTo: 1);
        (await _directory.GrantAsync(FailoverWest, 20)).Bound.ShouldBe(T(21));
    }

    // Idle pauses of a minute: only what is told wakes it.
    private OutboxRelay Start(TimeSpan holdMax)
    {
        var options = new OutboxRelayOptions
        {
            PollIntervalMin = Long,
            PollIntervalMax = Long,
            HoldMax = holdMax,
            HoldIdleMax = Long,
        };
        var relay = new OutboxRelay(_directory, _bus.PublishAsync, options, NullLogger<OutboxRelay>.Instance);
        _running = relay.RunAsync(_stopping.Token);
        return relay;
    }
}
