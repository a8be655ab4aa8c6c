using System.Buffers;
using FsCheck;
using FsCheck.Fluent;
using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Protocol.Tests.Coordination;

/// <summary>
/// Random logs in which any request comes again at any time, beside the same logs in which each comes once. The place
/// of a repeat stays empty in the other log, so that tokens are the same.
/// </summary>
public sealed class RequestPropertyTests
{
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(150).WithEndSize(120);
    private static readonly Term Late = new(1000);

    [Fact]
    public void Requests_repeated_at_any_time_come_to_the_same_as_requests_made_once() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ArrayOf().ToArbitrary(), static log =>
        {
            var run = new TwoLogs(snapshots: false);
            foreach (var number in log) run.Next(number);
            run.CheckEnd();
        }).Check(Runs);

    [Fact]
    public void A_voter_that_was_restored_from_a_snapshot_knows_what_was_answered() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ArrayOf().ToArbitrary(), static log =>
        {
            var run = new TwoLogs(snapshots: true);
            foreach (var number in log) run.Next(number);
            run.CheckEnd();
        }).Check(Runs);

    private static byte[] Bytes(CoordinationState state)
    {
        var bytes = new ArrayBufferWriter<byte>();
        state.WriteTo(bytes);
        return bytes.WrittenSpan.ToArray();
    }

    private sealed class TwoLogs
    {
        private readonly bool _snapshots;
        private readonly List<(CoordinationCommand Command, RequestTag Request, CoordinationAnswer Answer)> _made = [];
        private CoordinationState _once = CoordinationState.Empty;
        private CoordinationState _repeated = CoordinationState.Empty;
        private ulong _index;
        private ulong _number;

        public TwoLogs(bool snapshots)
        {
            _snapshots = snapshots;
            Both(new CoordinationCommand.RaiseFormat(2), null);
        }

        public void Next(int number)
        {
            if (number % 3 == 0 && _made.Count > 0)
            {
                Repeat(number / 3);
                return;
            }

            if (_snapshots && number % 7 == 0) _repeated = CoordinationState.Read(Bytes(_repeated));
            var command = CoordinationPropertyTests.CommandOf(number / 3, _once, Late);
            if (RequestOf(command) is { } request) _made.Add((command, request, Both(command, request)));
            else Both(command, null);
        }

        public void CheckEnd()
        {
            // Both logs end at the same place, and so with the same bytes.
            Both(new CoordinationCommand.RecordAnnounced(LogIndex.Zero), null);
            Bytes(_repeated).ShouldBe(Bytes(_once));
        }

        private RequestTag? RequestOf(CoordinationCommand command) => command switch
        {
            CoordinationCommand.OpenSession => new RequestTag(null, ++_number),
            CoordinationCommand.AdvanceSession c => new RequestTag(c.Session, ++_number),
            CoordinationCommand.CloseSession c => new RequestTag(c.Session, ++_number),
            CoordinationCommand.Campaign c => new RequestTag(c.Session, ++_number),
            CoordinationCommand.Resign c => new RequestTag(c.Session, ++_number),
            CoordinationCommand.AdvanceElection c => new RequestTag(c.Session, ++_number),
            CoordinationCommand.FenceNode or CoordinationCommand.PutDefinition when _once.Sessions.Count > 0 =>
                new RequestTag(_once.Sessions.Keys.Max(), ++_number),
            _ => null,
        };

        private CoordinationAnswer Both(CoordinationCommand command, RequestTag? request)
        {
            var index = new LogIndex(++_index);
            var stamped = Stamped(command, request);
            var one = _once.Apply(index, Late, stamped);
            var other = _repeated.Apply(index, Late, stamped);
            Text(other.Answer).ShouldBe(Text(one.Answer));
            (_once, _repeated) = (one.State, other.State);
            return one.Answer;
        }

        private void Repeat(int pick)
        {
            var (command, request, first) = _made[pick % _made.Count];
            var again = _repeated.Apply(new LogIndex(++_index), Late, Stamped(command, request));
            _repeated = again.State;
            if (again.Answer is CoordinationAnswer.Refused { IsRepeated: true } refused)
                first.ShouldBeOfType<CoordinationAnswer.Refused>().Code.ShouldBe(refused.Code);
            else if (again.Answer.IsRepeated) Text(again.Answer).ShouldBe(Text(first));
            else again.Answer.ShouldBeOfType<CoordinationAnswer.Refused>().Code.ShouldBeOneOf(Allowed(request, first));
        }

        /// <summary>What a repeat may be refused with, instead of being told the first answer.</summary>
        private RefusalCode[] Allowed(RequestTag request, CoordinationAnswer first)
        {
            if (request.Session is { } id)
            {
                var newer = _made.Count(made => made.Request.Session == id && made.Request.Number > request.Number);
                var isKnown = _once.Sessions.ContainsKey(id);
                if (!isKnown) return [RefusalCode.UnknownSession];
                return newer >= 32
                    ? [RefusalCode.RequestForgotten]
                    : first is CoordinationAnswer.Refused { Code: RefusalCode.SessionEnded }
                        ? [RefusalCode.SessionEnded]
                        : [];
            }

            // Refused openings are not remembered: tried anew they are refused here, since nothing else may change.
            return first is CoordinationAnswer.SessionState
                ? [RefusalCode.SessionEnded, RefusalCode.SessionRevoked]
                : [.. Enum.GetValues<RefusalCode>()];
        }

        private StampedCommand Stamped(CoordinationCommand command, RequestTag? request)
        {
            var trace = $"00-{_index:x32}-{_index:x16}-01";
            return new StampedCommand(new CommandStamp(1, (long)_index, trace) { Request = request }, command);
        }

        private static string Text(CoordinationAnswer answer) => (answer with { IsRepeated = false }) switch
        {
            CoordinationAnswer.SessionState one =>
                $"{one.Session with { Elections = [] }} {string.Join(',', one.Session.Elections)}",
            CoordinationAnswer.ElectionState one =>
                $"{one.Election with { Queue = [] }} {string.Join(',', one.Election.Queue)}",
            CoordinationAnswer.FenceState one =>
                $"{one.New} {one.Fence with { Observers = [], LiveClusters = [] }} " +
                $"{string.Join(',', one.Fence.Observers)} {string.Join(',', one.Fence.LiveClusters)}",
            var other => other.ToString(),
        };
    }
}
