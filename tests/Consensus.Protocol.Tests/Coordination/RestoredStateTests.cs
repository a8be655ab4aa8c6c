using System.Buffers;
using FsCheck;
using FsCheck.Fluent;
using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Tests.Coordination;

/// <summary>The state of a new life, whatever the state of the old one.</summary>
public sealed class RestoredStateTests
{
    private const ushort Generation = 10;

    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(150).WithEndSize(120);
    private static readonly CommandStamp Stamp = new(1, 0, null);
    private static readonly Term NewTerm = Term.OfLife(Generation, 3);

    [Fact]
    public void Nothing_is_granted_before_the_old_life_has_run_out_and_every_token_is_higher() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ArrayOf().ToArbitrary(), static log =>
        {
            var old = CoordinationPropertyTests.Play([.. log, 1]);
            var state = old.Restored(Generation, NewTerm, TimeSpan.FromMinutes(3));
            var past = state.Sessions.Values.ShouldHaveSingleItem();
            (past.Ttl, past.Standing).ShouldBe((TimeSpan.FromMinutes(3), SessionStanding.Revoked));
            state.Elections.Values.ShouldAllBe(election => election.Holder == past.Id && election.Queue.IsEmpty);
            state.ElectionsToGrant.ShouldBeEmpty();
            state.Definitions.ShouldBe(old.Definitions);
            state.Nodes.ShouldBe(old.Nodes);

            // As a snapshot and back, as every voter of the new life takes it.
            state = CoordinationState.Read(Bytes(state));
            var index = state.AppliedIndex;
            AppliedEntry Apply(CoordinationCommand command)
            {
                index = index.Next();
                var applied = state.Apply(index, NewTerm.Next(), new StampedCommand(Stamp, command));
                state = applied.State;
                return applied;
            }

            var opened = (CoordinationAnswer.SessionState)Apply(new CoordinationCommand.OpenSession(
                new ClusterId("east"), null, TimeSpan.FromMinutes(1), null, false)).Answer;
            var session = opened.Session.Id;
            session.Opened.ShouldBe(Token.Mint(Generation, index.Value));
            session.Opened.ShouldBeGreaterThan(Token.Mint(Generation - 1, Token.IndexMax));
            var names = old.Elections.Keys.Take(3).Append("unheard/of").Select(static name => new ElectionName(name));
            foreach (var name in names)
            {
                var election = ((CoordinationAnswer.ElectionState)Apply(
                    new CoordinationCommand.Campaign(name, session)).Answer).Election;
                election.Holder.ShouldBe(past.Id);
            }

            state.ElectionsToGrant.ShouldBeEmpty();
            Apply(new CoordinationCommand.ExpireSession(past.Id, NewTerm.Next()));
            foreach (var name in state.ElectionsToGrant.ToList())
            {
                Apply(new CoordinationCommand.GrantNext(name));
                state.Election(name)!.Holder.ShouldBe(session);
                state.Election(name)!.Token.ConsensusGeneration.ShouldBe(Generation);
            }

            // From then on all is as ever.
            Apply(new CoordinationCommand.Campaign(new ElectionName("new/one"), session));
            state.Election(new ElectionName("new/one"))!.Holder.ShouldBe(session);
        }).Check(Runs);

    private static byte[] Bytes(CoordinationState state)
    {
        var bytes = new ArrayBufferWriter<byte>();
        state.WriteTo(bytes);
        return bytes.WrittenSpan.ToArray();
    }
}
