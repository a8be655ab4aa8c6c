using System.Diagnostics;
using Holdfast.Contracts.Http;
using Holdfast.Primitives;

namespace Holdfast.Client.Tests.Slots;

/// <summary>A host of slots against a Recovery that answers as the test says.</summary>
public sealed class SlotHostTests : IAsyncLifetime
{
    private static readonly string Epoch20 = Epoch.First(new Token(20)).ToString();

    private readonly WatchedProgram _program = new();
    private readonly CancellationTokenSource _end = new();
    private PaperCluster _cluster = null!;
    private PaperRecovery _recovery = null!;

    public async ValueTask InitializeAsync()
    {
        _cluster = await PaperCluster.StartAsync();
        _recovery = await PaperRecovery.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _recovery.DisposeAsync();
        await _cluster.DisposeAsync();
        _end.Dispose();
    }

    private static SlotOrder Order(string action, string? trace = null) => new()
    {
        Group = "orders",
        Slot = 2,
        Kind = "standby",
        Epoch = Epoch20,
        Action = action,
        TraceParent = trace,
    };

    private SlotHostOptions Options(params string[] more) => new()
    {
        Endpoints = [.. more, _recovery.Url],
        Capacity = 3,
        Interval = TimeSpan.FromMilliseconds(50),
    };

    private async Task<T> WithHostAsync<T>(
        Func<HoldfastSession, SlotHost, Task<T>> act, SlotHostOptions? options = null)
    {
        await using var session = await _cluster.OpenAsync(node: "west-1");
        using var host = new SlotHost(options ?? Options(), _program);
        var running = host.RunAsync(session, _end.Token);
        var result = await act(session, host);
        await _end.CancelAsync();
        await Await.Within10Seconds(running.ContinueWith(done => done.IsCompletedSuccessfully), "the end of the host");
        running.IsCompletedSuccessfully.ShouldBeTrue();
        return result;
    }

    [Fact]
    public async Task A_sync_says_who_the_host_is_and_how_much_it_takes()
    {
        var syncs = await WithHostAsync(async (_, _) =>
            new[] { await _recovery.SyncedAsync("a first sync"), await _recovery.SyncedAsync("a second sync") });

        (syncs[0].Session, syncs[0].Cluster, syncs[0].Generation, syncs[0].Capacity)
            .ShouldBe((PaperConsensus.Session, "west", 7ul, 3));
        syncs[0].Running.ShouldBeEmpty();
        syncs[1].Sequence.ShouldBeGreaterThan(syncs[0].Sequence);
        _recovery.Paths.ShouldAllBe(path => path == "/v1/hosts/west-1/sync");
    }

    [Fact]
    public async Task An_order_is_carried_out_under_its_epoch_and_confirmed()
    {
        _recovery.Orders = [Order(SlotOrder.Start)];

        var run = await WithHostAsync(async (_, host) =>
        {
            var started = await _program.StartedAsync();
            await _recovery.SyncedAsync("the confirmation", sync => StateIn(sync) == HostedSlot.Up);
            host.Slots.ShouldHaveSingleItem().State.ShouldBe(HostedSlot.Up);
            _recovery.Orders = [Order(SlotOrder.Stop)];
            (await _program.StoppedAsync()).ShouldBe(started);
            await _recovery.SyncedAsync("the end", sync => StateIn(sync) == HostedSlot.Stopped);
            return started;
        });

        (run.Slot, run.Kind, run.Epoch.ToString()).ShouldBe((new SlotId(new GroupId("orders"), 2), "standby", Epoch20));
    }

    [Fact]
    public async Task A_start_belongs_to_the_trace_that_caused_it()
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Holdfast.Client",
            Sample = (ref _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(listener);
        const string trace = "0af7651916cd43dd8448eb211c80319c";
        _recovery.Orders = [Order(SlotOrder.Start, $"00-{trace}-b7ad6b7169203331-01")];

        await WithHostAsync(async (_, _) => await _program.StartedAsync());

        _program.TraceOfStart.ShouldBe(trace);
    }

    [Fact]
    public async Task A_start_that_throws_is_told_with_its_reason()
    {
        _program.StartFailure = new IOException("no disk");
        _recovery.Orders = [Order(SlotOrder.Start)];

        var told = await WithHostAsync(async (_, _) =>
            await _recovery.SyncedAsync("the failure", sync => StateIn(sync) == HostedSlot.Failed));

        told.Running.ShouldHaveSingleItem().Detail.ShouldBe("no disk");
    }

    [Fact]
    public async Task A_slot_that_ends_by_itself_is_told()
    {
        _recovery.Orders = [Order(SlotOrder.Start)];

        var told = await WithHostAsync(async (_, _) =>
        {
            var run = await _program.StartedAsync();
            await _recovery.SyncedAsync("the confirmation", sync => StateIn(sync) == HostedSlot.Up);
            run.Ended("its worker crashed");
            return await _recovery.SyncedAsync("the failure", sync => StateIn(sync) == HostedSlot.Failed);
        });

        told.Running.ShouldHaveSingleItem().Detail.ShouldBe("its worker crashed");
    }

    [Fact]
    public async Task A_start_under_way_is_cancelled_by_a_stop()
    {
        _program.HoldsStarts = true;
        _recovery.Orders = [Order(SlotOrder.Start)];

        await WithHostAsync(async (_, _) =>
        {
            await _recovery.SyncedAsync("the start under way", sync => StateIn(sync) == HostedSlot.Starting);
            _recovery.Orders = [Order(SlotOrder.Stop)];
            await _program.StoppedAsync();
            return await _recovery.SyncedAsync("the end", sync => StateIn(sync) == HostedSlot.Stopped);
        });
    }

    [Fact]
    public async Task A_stop_that_throws_is_tried_again()
    {
        _recovery.Orders = [Order(SlotOrder.Start)];
        _program.StopFailures = 2;

        await WithHostAsync(async (_, _) =>
        {
            await _recovery.SyncedAsync("the confirmation", sync => StateIn(sync) == HostedSlot.Up);
            _recovery.Orders = [Order(SlotOrder.Stop)];
            return await _recovery.SyncedAsync("the end", sync => StateIn(sync) == HostedSlot.Stopped);
        });

        _program.Stops.ShouldBe(3);
    }

    [Fact]
    public async Task A_lost_session_stops_what_runs_and_ends_the_hosting()
    {
        _recovery.Orders = [Order(SlotOrder.Start)];
        await using var session = await _cluster.OpenAsync(node: "west-1");
        using var host = new SlotHost(Options(), _program);
        var running = host.RunAsync(session, _end.Token);
        var run = await _program.StartedAsync();

        _cluster.Consensus.SessionOver = ProblemCodes.SessionRevoked;

        (await _program.StoppedAsync()).ShouldBe(run);
        await running.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        host.Slots.ShouldHaveSingleItem().State.ShouldBe(HostedSlot.Stopped);
    }

    [Fact]
    public async Task A_program_that_ends_stops_its_slots_and_says_so()
    {
        _recovery.Orders = [Order(SlotOrder.Start)];

        await WithHostAsync(async (_, _) =>
            await _recovery.SyncedAsync("the confirmation", sync => StateIn(sync) == HostedSlot.Up));

        var last = await _recovery.SyncedAsync("the goodbye", sync => sync.Capacity == 0);
        StateIn(last).ShouldBe(HostedSlot.Stopped);
        _program.Stops.ShouldBe(1);
    }

    [Fact]
    public async Task An_order_that_answers_the_goodbye_starts_nothing()
    {
        _recovery.Orders = [Order(SlotOrder.Start)];
        _program.WhileStopping = () => _recovery.Orders = [Order(SlotOrder.Start) with { Slot = 7 }];

        var host = await WithHostAsync(async (_, host) =>
        {
            await _program.StartedAsync();
            return host;
        });

        await _recovery.SyncedAsync("the goodbye", sync => sync.Capacity == 0);
        host.Slots.Select(slot => slot.Slot).ShouldNotContain(7);
    }

    [Fact]
    public async Task A_failure_of_the_network_that_nobody_expected_does_not_end_the_hosting()
    {
        using var network = new BreakableNetwork { Broken = true };
        await using var session = await _cluster.OpenAsync(node: "west-1");
        using var host = new SlotHost(Options(), _program, handler: network);
        var running = host.RunAsync(session, _end.Token);

        await network.FailsAgainAsync();
        await network.FailsAgainAsync();
        network.Broken = false;

        await _recovery.SyncedAsync("a sync afterwards");
        await _end.CancelAsync();
        await running;
    }

    [Fact]
    public async Task A_slot_that_does_not_stop_holds_up_the_end_no_longer_than_allowed()
    {
        _recovery.Orders = [Order(SlotOrder.Start)];
        _program.HoldsStops = true;

        await WithHostAsync(
            async (_, _) => await _program.StartedAsync(),
            Options() with { StopDeadline = TimeSpan.FromMilliseconds(200) });

        var last = await _recovery.SyncedAsync("the goodbye", sync => sync.Capacity == 0);
        StateIn(last).ShouldBe(HostedSlot.Stopping);
    }

    [Fact]
    public async Task A_nudge_does_not_wait_for_the_interval()
    {
        var options = Options() with { Interval = TimeSpan.FromMinutes(1) };

        await WithHostAsync(
            async (_, host) =>
            {
                await _recovery.SyncedAsync("the first sync");
                host.Nudge();
                return await _recovery.SyncedAsync("the sync after the nudge");
            },
            options);
    }

    [Fact]
    public async Task The_instance_that_acts_is_found_by_the_hint_of_another()
    {
        await using var other = await ScriptedVoter.StartAsync(
            Says.Problem(421, ProblemCodes.NotActing, holder: _recovery.Url));

        await WithHostAsync(async (_, _) => await _recovery.SyncedAsync("a sync"), Options(other.Url));
    }

    [Fact]
    public async Task While_Recovery_refuses_or_is_away_what_runs_goes_on_and_the_next_sync_is_tried()
    {
        _recovery.Orders = [Order(SlotOrder.Start)];

        await WithHostAsync(async (_, host) =>
        {
            await _recovery.SyncedAsync("the confirmation", sync => StateIn(sync) == HostedSlot.Up);
            _recovery.Refusal = Says.Problem(401, ProblemCodes.Unauthorized);
            await _recovery.RefusedAsync();
            await _recovery.RefusedAsync();
            host.Slots.ShouldHaveSingleItem().State.ShouldBe(HostedSlot.Up);
            _recovery.Refusal = null;
            return await _recovery.SyncedAsync("a sync afterwards", sync => StateIn(sync) == HostedSlot.Up);
        });

        _program.Stops.ShouldBe(1);
    }

    [Fact]
    public async Task A_session_that_names_no_node_hosts_nothing()
    {
        await using var session = await _cluster.OpenAsync();
        using var host = new SlotHost(Options(), _program);

        await Should.ThrowAsync<ArgumentException>(host.RunAsync(session, _end.Token));
    }

    private static string? StateIn(SlotHostSync sync) => sync.Running.SingleOrDefault()?.State;
}
