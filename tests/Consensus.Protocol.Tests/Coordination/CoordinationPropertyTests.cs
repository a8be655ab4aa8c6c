using FsCheck;
using FsCheck.Fluent;
using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Tests.Coordination;

/// <summary>
/// Random logs over few sessions, nodes and elections, so that everything meets everything. A log is a list of numbers;
/// each number becomes a command about what exists at that point.
/// </summary>
public sealed class CoordinationPropertyTests
{
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(200).WithEndSize(120);

    [Fact]
    public void Tokens_are_unique_and_grow_along_the_log_and_an_entry_mints_one_at_most() => Check(log =>
    {
        var newest = Token.None;
        Play(log, (before, after, index) =>
        {
            var minted = Tokens(after.State).Except(Tokens(before)).ToList();
            minted.Count.ShouldBeLessThanOrEqualTo(1);
            foreach (var token in minted)
            {
                token.Index.ShouldBe(index);
                token.ShouldBeGreaterThan(newest);
                newest = token;
            }
        });
    });

    [Fact]
    public void A_replay_of_the_log_gives_the_same_state() => Check(log =>
        Print(Play(log)).ShouldBe(Print(Play(log))));

    [Fact]
    public void Sessions_and_elections_agree_about_who_holds_and_who_waits() => Check(log =>
        Play(log, (_, after, _) =>
        {
            foreach (var election in after.State.Elections.Values)
            {
                election.Queue.Select(one => one.Session).ShouldBeUnique();
                foreach (var candidate in election.Queue)
                {
                    var waiting = after.State.Sessions[candidate.Session];
                    waiting.Standing.ShouldBe(SessionStanding.Live);
                    waiting.Elections.ShouldContain(election.Name.Value);
                    candidate.Session.ShouldNotBe(election.Holder ?? default);
                }

                if (election.Holder is { } holder)
                {
                    after.State.Sessions[holder].Standing.ShouldNotBe(SessionStanding.Ended);
                    after.State.Sessions[holder].Elections.ShouldContain(election.Name.Value);
                }
            }

            foreach (var session in after.State.Sessions.Values)
            {
                foreach (var election in session.Elections.Select(name => after.State.Elections[name]))
                {
                    var waits = election.Queue.Any(one => one.Session == session.Id);
                    (waits || election.Holder == session.Id).ShouldBeTrue();
                }
            }
        }));

    [Fact]
    public void Nothing_on_a_fenced_node_gets_a_token() => Check(log =>
        Play(log, (before, after, _) =>
        {
            var minted = Tokens(after.State).Except(Tokens(before)).Select(token => after.State.Find(token)).ToList();
            foreach (var session in minted.Select(known => after.State.Sessions[known!.Minted.Session]))
            {
                if (session.Residence is not { } home) continue;
                var fence = before.Nodes.GetValueOrDefault(home.Node)?.Fence;
                (fence is null || fence.Generation < home.Generation).ShouldBeTrue();
            }
        }));

    [Fact]
    public void An_election_has_a_new_holder_only_after_the_old_one_resigned_or_ended() => Check(log =>
        Play(log, (before, after, _) =>
        {
            foreach (var election in after.State.Elections.Values)
            {
                if (before.Election(election.Name)?.Holder is not { } old || election.Holder == old) continue;
                election.Holder.ShouldBeNull(); // Vacated first; the grant is another entry.
            }
        }));

    private static void Check(Action<int[]> property) =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ArrayOf().ToArbitrary(), property).Check(Runs);

    internal static CoordinationState Play(int[] log, Action<CoordinationState, AppliedEntry, ulong>? check = null)
    {
        var state = CoordinationState.Empty;
        for (var i = 0; i < log.Length; i++)
        {
            var index = (ulong)i + 1;
            var term = new Term(1 + ((ulong)i / 40));
            var stamp = new CommandStamp((ushort)(1 + (i / 100)), i, null);
            var stamped = new StampedCommand(stamp, CommandOf(log[i], state, term));
            var applied = state.Apply(new LogIndex(index), term, stamped);
            check?.Invoke(state, applied, index);
            state = applied.State;
        }

        return state;
    }

    internal static CoordinationCommand CommandOf(int number, CoordinationState state, Term term)
    {
        var (kind, pick) = (number % 16, number / 16);
        var sessions = state.Sessions.Keys.ToList();
        var session = sessions.Count == 0 ? new SessionId(new Token(1)) : sessions[pick % sessions.Count];
        var election = new ElectionName($"e{pick % 3}");
        var home = new Residence(new NodeId($"n{pick % 4}"), new Generation((ulong)(1 + (pick / 4 % 5))));
        var cluster = new ClusterId($"c{pick % 4 % 2}");
        return kind switch
        {
            0 or 1 or 2 => new CoordinationCommand.OpenSession(
                cluster, pick % 5 == 0 ? null : home, TimeSpan.FromSeconds(5), null, Agent: pick % 5 == 1),
            3 => new CoordinationCommand.AdvanceSession(session),
            4 => new CoordinationCommand.CloseSession(session),
            5 => new CoordinationCommand.ExpireSession(session, term),
            6 or 7 or 8 => new CoordinationCommand.Campaign(election, session),
            9 => new CoordinationCommand.Resign(election, session),
            10 => new CoordinationCommand.AdvanceElection(election, session),
            11 or 12 => new CoordinationCommand.GrantNext(election),
            13 => new CoordinationCommand.FenceNode(
                home.Node, cluster, home.Generation, FenceCause.Silence, new NodeId("w"), TimeSpan.Zero, []),
            14 => new CoordinationCommand.RecordAnnounced(new LogIndex((ulong)pick % (state.AppliedIndex.Value + 1))),
            _ => new CoordinationCommand.PutDefinition(new DefinitionKey($"d{pick % 3}"), "{}", pick % 2 == 0),
        };
    }

    private static HashSet<Token> Tokens(CoordinationState state) =>
    [
        .. state.Sessions.Values.SelectMany(session => new[] { session.Id.Opened, session.Token }),
        .. state.Elections.Values.Select(election => election.Token).Where(token => token != Token.None),
    ];

    private static string Print(CoordinationState state) => string.Join('\n',
    [
        $"{state.AppliedIndex} {state.AppliedTerm} {state.ConsensusGeneration} {state.AnnouncedIndex}",
        .. state.Sessions.Values.Select(one => $"{one with { Elections = [] }} {string.Join(',', one.Elections)}"),
        .. state.Elections.Values.Select(one => $"{one with { Queue = [] }} {string.Join(',', one.Queue)}"),
        .. state.Nodes.Values.Select(node => $"{node.Node} {node.Cluster} {node.Generation} {node.Fence?.Token}"),
        .. state.Definitions.Values.Select(definition => definition.ToString()),
        .. state.Outbox.Select(one => $"{one.Index}.{one.Ordinal} {one.Change.Subject}"),
    ]);
}
