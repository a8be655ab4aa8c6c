using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Service.Coordination;
using Holdfast.Consensus.Service.Leading;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Consensus.Service.Tests.Raft;
using Holdfast.Primitives;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Consensus.Service.Tests.Service;

/// <summary>When a leader's duties begin and end around a hand-over.</summary>
public sealed class TermOfOfficeTests : IAsyncDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly TestVoters _voters = new(1);
    private readonly RaftHost _raft;
    private readonly TermOfOffice _office;
    private int _begun;
    private int _doing;

    public TermOfOfficeTests()
    {
        _raft = new RaftHost(
            _voters.OptionsOf(new NodeId("n1")), new ListMachine(), BootClock.Instance, NullLoggerFactory.Instance);
        var clock = new LeaderClock(BootClock.Instance, TimeProvider.System, NullLogger<LeaderDuties>.Instance);
        _office = new TermOfOffice(new SessionKeeper(_raft, new CoordinationMachine(), BootClock.Instance), clock);
    }

    public async ValueTask DisposeAsync()
    {
        await _office.LeaveAsync(left: null);
        await _raft.DisposeAsync();
        await _voters.DisposeAsync();
    }

    [Fact]
    public async Task A_leader_that_handed_nothing_on_goes_on_in_the_same_term()
    {
        await TakeAsync(5);
        await _office.PauseAsync();
        (_begun, _doing).ShouldBe((1, 0));
        await _office.GoOnAsync(over: null);
        (_begun, _doing).ShouldBe((2, 1));
    }

    [Fact]
    public async Task A_term_that_another_leader_ended_is_not_gone_on_with_and_a_later_one_is()
    {
        await TakeAsync(5);
        await _office.PauseAsync();
        await _office.GoOnAsync(new Term(6));
        (_begun, _doing).ShouldBe((1, 0));

        await TakeAsync(7);
        await _office.PauseAsync();
        await _office.GoOnAsync(new Term(6));
        (_begun, _doing).ShouldBe((3, 1), "It leads again: the hand-over was of an earlier term.");
    }

    [Fact]
    public async Task Duties_do_not_begin_in_a_term_that_begins_during_a_hand_over_which_ends_it()
    {
        await _office.PauseAsync();
        await TakeAsync(5);
        (_begun, _doing).ShouldBe((0, 0));
        await _office.GoOnAsync(new Term(6));
        (_begun, _doing).ShouldBe((0, 0));
    }

    private Task TakeAsync(ulong term) => _office.TakeAsync(
        new LeadershipChange.BecameLeader(new Term(term), new LogIndex(1)), DoAsync, None);

    private async Task DoAsync(CancellationToken cancel)
    {
        _begun++;
        _doing++;
        await Task.Delay(Timeout.InfiniteTimeSpan, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _doing--;
    }
}
