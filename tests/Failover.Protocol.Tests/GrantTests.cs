using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol.Tests;

/// <summary>When the election is advanced for a token that is above what a shard or Consensus has named.</summary>
public sealed class GrantTests
{
    private static readonly FailoverOptions Options = new();
    private static readonly DirectoryDefinition Directory = new(2, Created: true, new Token(1));

    private readonly FailoverMachine _machine = new(new ClusterId("west"), 2, Options, new Random(1));
    private readonly List<ShardCall> _calls = [];
    private Instant _now = new(0);
    private ulong _index = 10;

    /// <summary>Consensus can mint for ever, and never a token that is above one of a higher generation.</summary>
    [Fact]
    public void A_token_that_is_never_reached_is_tried_for_with_pauses_that_double_up_to_the_longest()
    {
        IsElected();
        IsRefused(Token.Mint(1, 5)).AdvanceElection.ShouldBeTrue();

        var full = Options.BackoffMin;
        for (var advances = 1; advances <= 12; advances++)
        {
            var output = IsAdvanced();

            output.AdvanceElection.ShouldBeFalse();
            output.Calls.ShouldBeEmpty();
            var pause = output.WakeAt!.Value - _now;
            pause.ShouldBeInRange(full / 2, full);
            Later(pause).AdvanceElection.ShouldBeTrue();
            full = full * 2 < Options.BackoffMax ? full * 2 : Options.BackoffMax;
        }
    }

    [Fact]
    public void An_advance_that_gets_above_is_followed_by_no_pause()
    {
        IsElected();
        IsRefused(Token.Mint(0, 11)).AdvanceElection.ShouldBeTrue();
        IsAdvanced().AdvanceElection.ShouldBeFalse();
        Later(Options.BackoffMin).AdvanceElection.ShouldBeTrue();

        IsAdvanced().Calls.ShouldNotBeEmpty();

        Step(new FailoverInput.Renew()).AdvanceElection.ShouldBeTrue();
    }

    [Fact]
    public void What_is_asked_for_during_an_advance_is_advanced_for_at_once()
    {
        IsElected();
        Step(new FailoverInput.Renew()).AdvanceElection.ShouldBeTrue();
        IsRefused(Token.Mint(0, 11)).AdvanceElection.ShouldBeFalse();

        IsAdvanced().AdvanceElection.ShouldBeTrue();

        IsAdvanced().Calls.ShouldNotBeEmpty();
    }

    [Fact]
    public void A_floor_that_is_never_reached_is_tried_for_with_pauses_too()
    {
        IsElected();
        var world = World() with { Floors = World().Floors.Add(0, Token.Mint(1, 5)) };
        Step(new FailoverInput.Observed(world)).AdvanceElection.ShouldBeTrue();

        IsAdvanced().AdvanceElection.ShouldBeFalse();

        Later(Options.BackoffMin).AdvanceElection.ShouldBeTrue();
    }

    [Fact]
    public void The_shard_that_asks_for_it_is_shown_as_troubled_until_it_takes_a_grant_again()
    {
        IsElected();
        var shard = _calls[0].Shard;
        IsRefused(Token.Mint(0, 11));
        _machine.View().Shards[shard].Trouble.ShouldBe(
            $"the grant was refused: {Token.Mint(0, 11)} is asked for");

        // Others have committed something meanwhile.
        _index++;
        IsAdvanced();
        Step(new FailoverInput.CallEnded(
            _calls.Single(call => call.Shard == shard && call.Token.Index == _index), new CallResult.Done()));

        _machine.View().Shards[shard].Trouble.ShouldBeNull();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Who_has_lost_the_election_shows_no_trouble_of_it(bool isRefusedFirst)
    {
        IsElected();
        if (isRefusedFirst) IsRefused(Token.Mint(0, 11));

        Step(new FailoverInput.GrantLost());
        if (!isRefusedFirst) IsRefused(Token.Mint(0, 11));

        _machine.View().Shards.ShouldAllBe(shard => shard.Trouble == null);
    }

    /// <summary>Its grant is on its way to both shards.</summary>
    private void IsElected()
    {
        Step(new FailoverInput.Tick());
        Step(new FailoverInput.Observed(World()));
        Step(new FailoverInput.GrantHeld(Token.Mint(0, _index)));
        _calls.Count.ShouldBe(2);
    }

    private FailoverOutput IsRefused(Token bound) =>
        Step(new FailoverInput.CallEnded(_calls[0], new CallResult.Refused(bound)));

    private FailoverOutput IsAdvanced() => Step(new FailoverInput.Advanced(Token.Mint(0, ++_index)));

    private FailoverOutput Later(TimeSpan by)
    {
        _now += by;
        return Step(new FailoverInput.Tick());
    }

    private FailoverOutput Step(FailoverInput input)
    {
        var output = _machine.Step(input, _now);
        _calls.AddRange(output.Calls);
        return output;
    }

    private Observation World() => new()
    {
        AppliedIndex = _index,
        AskedAt = _now,
        Nodes = [],
        Holders = [],
        Directory = Directory,
    };
}
