using System.Buffers;
using FsCheck;
using FsCheck.Fluent;
using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Protocol.Tests.Coordination;

/// <summary>The state of sessions, elections and fences as a snapshot.</summary>
public sealed class StateSnapshotTests
{
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(150).WithEndSize(120);

    [Fact]
    public void A_state_read_back_is_the_same_and_goes_on_the_same() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ArrayOf().ToArbitrary(), static log =>
        {
            var original = CoordinationPropertyTests.Play(log);
            var copy = CoordinationState.Read(Bytes(original));
            Bytes(copy).ShouldBe(Bytes(original));
            copy.OpenSessionCount.ShouldBe(original.OpenSessionCount);
            copy.ElectionsToGrant.ShouldBe(original.ElectionsToGrant);

            // What is not written must follow from what is: the same commands come to the same.
            var (one, other) = (original, copy);
            for (var i = 0; i < log.Length; i++)
            {
                var index = new LogIndex((ulong)(log.Length + i + 1));
                var term = new Term(1000);
                var stamp = new CommandStamp(9, i, null);
                var command = new StampedCommand(
                    stamp, CoordinationPropertyTests.CommandOf(unchecked(log[i] * 31) & int.MaxValue, one, term));
                (one, other) = (one.Apply(index, term, command).State, other.Apply(index, term, command).State);
                Bytes(other).ShouldBe(Bytes(one));
            }
        }).Check(Runs);

    [Fact]
    public void A_state_that_is_cut_off_at_any_byte_is_refused()
    {
        var log = Enumerable.Range(0, 80).Select(static i => i * 7919).ToArray();
        var bytes = Bytes(CoordinationPropertyTests.Play(log));
        for (var length = 0; length < bytes.Length; length++)
        {
            var cut = bytes[..length];
            Should.Throw<CommandCorruptException>(() => CoordinationState.Read(cut));
        }

        Should.Throw<CommandCorruptException>(() => CoordinationState.Read([.. bytes, 0]));
        Should.Throw<CommandCorruptException>(() => CoordinationState.Read([9, .. bytes[1..]]))
            .Message.ShouldContain("version 9");
    }

    [Fact]
    public void A_damaged_byte_is_refused_or_read_and_never_crashes()
    {
        var log = Enumerable.Range(0, 80).Select(static i => i * 7919).ToArray();
        var bytes = Bytes(CoordinationPropertyTests.Play(log));
        var random = new System.Random(1);
        for (var i = 0; i < 3000; i++)
        {
            var damaged = bytes.ToArray();
            damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            try
            {
                CoordinationState.Read(damaged);
            }
            catch (CommandCorruptException)
            {
                // Named, as wanted. The checksum of the file keeps such bytes away in the first place.
            }
        }
    }

    [Fact]
    public void A_state_without_marked_requests_has_the_bytes_of_the_first_format()
    {
        var bytes = Bytes(CoordinationPropertyTests.Play([.. Enumerable.Range(0, 80).Select(static i => i * 7919)]));

        // What the last program that knew this format only wrote of the same log.
        (bytes.Length, bytes[0], Crc32C.Of(bytes)).ShouldBe((1087, (byte)1, 1575214725u));
        CoordinationState.Read(bytes).Format.ShouldBe(CommandCodec.Version);
    }

    [Fact]
    public void Once_the_log_allows_the_second_format_the_snapshot_has_it()
    {
        var raise = new StampedCommand(new CommandStamp(1, 1, null), new CoordinationCommand.RaiseFormat(2));
        var state = CoordinationState.Empty.Apply(new LogIndex(1), new Term(1), raise).State;

        Bytes(state)[0].ShouldBe(CommandCodec.RequestVersion);
        CoordinationState.Read(Bytes(state)).Format.ShouldBe(CommandCodec.RequestVersion);
    }

    [Fact]
    public void A_loss_of_memory_is_in_snapshots_of_the_third_format_only()
    {
        var lost = new StampedCommand(
            new CommandStamp(1, 1, null),
            new CoordinationCommand.DirectoryLost(new LostMemory(7, "g1", 3, ""), LossEvidence.Gen));
        var state = CoordinationState.Empty.Apply(new LogIndex(1), new Term(1), lost).State;

        Bytes(state)[0].ShouldBe(CommandCodec.LossVersion);
        CoordinationState.Read(Bytes(state)).Losses[7].ShouldBe(state.Losses[7]);
        Should.Throw<CommandCorruptException>(() => CoordinationState.Read([2, .. Bytes(state)[1..]]));
    }

    private static byte[] Bytes(CoordinationState state)
    {
        var bytes = new ArrayBufferWriter<byte>();
        state.WriteTo(bytes);
        return bytes.WrittenSpan.ToArray();
    }
}
