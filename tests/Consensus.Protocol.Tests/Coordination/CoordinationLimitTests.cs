using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Tests.Coordination;

/// <summary>Each bound, reached: a named refusal, or the oldest of no more use makes room.</summary>
public sealed class CoordinationLimitTests
{
    private CoordinationState _state = CoordinationState.Empty;
    private ulong _index;

    [Fact]
    public void There_are_so_many_sessions_and_a_closed_one_makes_room()
    {
        var first = Open();
        for (var i = 1; i < CoordinationLimits.SessionsMax; i++) Open();

        Refusal(OpenSession()).ShouldBe(RefusalCode.TooManySessions);
        Apply(new CoordinationCommand.CloseSession(first));
        Open();
        _state.OpenSessionCount.ShouldBe(CoordinationLimits.SessionsMax);
    }

    [Fact]
    public void Of_the_ended_sessions_the_newest_are_remembered()
    {
        var first = Open();
        for (var i = 0; i <= CoordinationLimits.EndedSessionsMax; i++)
            Apply(new CoordinationCommand.CloseSession(Open()));
        _state.Sessions.Count.ShouldBe(CoordinationLimits.EndedSessionsMax + 1);

        Apply(new CoordinationCommand.CloseSession(first));
        _state.Sessions.ShouldContainKey(first);
        _state.Sessions.Count.ShouldBe(CoordinationLimits.EndedSessionsMax);
        Refusal(new CoordinationCommand.CloseSession(new SessionId(Token.Mint(1, 2))))
            .ShouldBe(RefusalCode.UnknownSession);
    }

    [Fact]
    public void A_session_takes_part_in_so_many_elections()
    {
        var session = Open();
        for (var i = 0; i < CoordinationLimits.ElectionsPerSessionMax; i++) Campaign($"e{i}", session);

        Refusal(new CoordinationCommand.Campaign(new ElectionName("more"), session))
            .ShouldBe(RefusalCode.TooManyElections);
    }

    [Fact]
    public void So_many_wait_in_a_queue()
    {
        Campaign("e", Open());
        for (var i = 0; i < CoordinationLimits.QueueMax; i++) Campaign("e", Open());

        Refusal(new CoordinationCommand.Campaign(new ElectionName("e"), Open())).ShouldBe(RefusalCode.QueueFull);
    }

    [Fact]
    public void There_are_so_many_elections_and_a_deserted_one_makes_room()
    {
        var session = Open();
        for (var i = 0; i < CoordinationLimits.ElectionsMax; i++)
        {
            if (i % CoordinationLimits.ElectionsPerSessionMax == 0) session = Open();
            Campaign($"e{i}", session);
        }

        var late = Open();
        var more = new CoordinationCommand.Campaign(new ElectionName("more"), late);
        Refusal(more).ShouldBe(RefusalCode.TooManyElections);
        Apply(new CoordinationCommand.Resign(new ElectionName("e7"), _state.Elections["e7"].Holder!.Value));
        Apply(more).ShouldBeOfType<CoordinationAnswer.ElectionState>().Election.Holder.ShouldBe(late);
        _state.Elections.ShouldNotContainKey("e7");
    }

    [Fact]
    public void There_are_so_many_nodes_and_the_one_fenced_longest_ago_makes_room_without_coming_back()
    {
        for (var i = 0; i < CoordinationLimits.NodesMax; i++)
        {
            Apply(OpenSession(new Residence(new NodeId($"n{i}"), new Generation(5))))
                .ShouldBeOfType<CoordinationAnswer.SessionState>();
        }


        var more = OpenSession(new Residence(new NodeId("more"), new Generation(6)));
        Refusal(more).ShouldBe(RefusalCode.TooManyNodes);
        Apply(Fence("n7", 5));
        Apply(Fence("n3", 5));
        Apply(more).ShouldBeOfType<CoordinationAnswer.SessionState>();
        _state.Nodes.ShouldNotContainKey(new NodeId("n7"));
        _state.Nodes.ShouldContainKey(new NodeId("n3"));
        Refusal(OpenSession(new Residence(new NodeId("n7"), new Generation(5)))).ShouldBe(RefusalCode.GenerationFenced);
    }

    [Fact]
    public void There_are_so_many_definitions_and_one_that_exists_can_still_be_changed()
    {
        for (var i = 0; i < CoordinationLimits.DefinitionsMax; i++) Put($"d{i}", "{}");

        Refusal(PutDefinition("more", "{}")).ShouldBe(RefusalCode.TooManyDefinitions);
        Put("d0", "[]");
    }

    [Fact]
    public void A_definition_is_measured_in_bytes()
    {
        Put("d", new string('x', CoordinationLimits.DefinitionBytesMax));

        Refusal(PutDefinition("d", new string('é', (CoordinationLimits.DefinitionBytesMax / 2) + 1)))
            .ShouldBe(RefusalCode.DefinitionTooLarge);
    }

    [Fact]
    public void Old_tokens_are_forgotten_but_those_in_use_are_not()
    {
        var idle = Open();
        var busy = Open();
        var old = _state.Sessions[busy].Token;
        for (var i = 0; i <= CoordinationLimits.TokensMax; i++) Apply(new CoordinationCommand.AdvanceSession(busy));

        _state.Find(idle.Opened)!.Newest.ShouldBeTrue();
        _state.Find(_state.Sessions[busy].Token)!.Newest.ShouldBeTrue();
        _state.Find(Token.Mint(1, old.Index + 1)).ShouldBeNull();
    }

    [Fact]
    public void While_the_bus_is_away_the_newest_of_each_kind_and_subject_is_kept()
    {
        var session = Open();
        for (var i = 0; i < CoordinationLimits.OutboxMax; i++)
        {
            Campaign($"e{i % 3}", session);
            Apply(new CoordinationCommand.Resign(new ElectionName($"e{i % 3}"), session));
        }

        Campaign("last", session);

        _state.Outbox.Count.ShouldBe(CoordinationLimits.OutboxMax + 1);
        _state.Outbox.Select(one => (one.Index, one.Ordinal)).ShouldBeInOrder();
        _state.Outbox[^1].Change.Subject.ShouldBe("election/last");
        Enumerable.Range(0, 3).ShouldAllBe(i => _state.Outbox.Any(one => one.Change.Subject == $"election/e{i}"));
    }

    private SessionId Open() =>
        Apply(OpenSession()).ShouldBeOfType<CoordinationAnswer.SessionState>().Session.Id;

    private void Campaign(string election, SessionId session) =>
        Apply(new CoordinationCommand.Campaign(new ElectionName(election), session))
            .ShouldBeOfType<CoordinationAnswer.ElectionState>();

    private void Put(string key, string value) =>
        Apply(PutDefinition(key, value)).ShouldBeOfType<CoordinationAnswer.DefinitionState>();

    private RefusalCode Refusal(CoordinationCommand command) =>
        Apply(command).ShouldBeOfType<CoordinationAnswer.Refused>().Code;

    private CoordinationAnswer Apply(CoordinationCommand command)
    {
        var applied = _state.Apply(
            new LogIndex(++_index), new Term(1), new StampedCommand(new CommandStamp(1, 0, null), command));
        _state = applied.State;
        return applied.Answer;
    }

    private static CoordinationCommand.OpenSession OpenSession(Residence? home = null) =>
        new(new ClusterId("east"), home, TimeSpan.FromSeconds(5), null, Agent: false);

    private static CoordinationCommand.PutDefinition PutDefinition(string key, string value) =>
        new(new DefinitionKey(key), value, OnlyIfAbsent: false);

    private static CoordinationCommand.FenceNode Fence(string node, ulong generation) => new(
        new NodeId(node),
        new ClusterId("east"),
        new Generation(generation),
        FenceCause.Silence,
        new NodeId("w1"),
        TimeSpan.Zero,
        []);
}
