using System.Buffers;

namespace Holdfast.Consensus.Protocol.Coordination;

/// <summary>
/// Answers that may be asked for again, as bytes. They are in snapshots: the numbers and the order of fields are for
/// ever.
/// <code>
/// kind  then by kind:
///   1 SessionState     session  [opened-by]
///   2 ElectionState    election
///   3 FenceState       new  fence
///   4 DefinitionState  definition
///   5 Done
///   6 Refused          code
///   7 LossState        new  loss
/// </code>
/// Of a refusal only what it is, not its words: what is remembered counts, and decides what is forgotten, so voters of
/// two releases that word it differently would forget differently.
/// The document of a definition that was put is not written: whoever repeats the request brings it along.
/// </summary>
internal static class AnswerCodec
{
    private const byte SessionState = 1;
    private const byte ElectionState = 2;
    private const byte FenceState = 3;
    private const byte DefinitionState = 4;
    private const byte Done = 5;
    private const byte Refused = 6;
    private const byte LossState = 7;

    private const string RepeatedRefusal = "It was refused when it came first, and nothing was done; this is a repeat.";

    public static ReadOnlyMemory<byte> Encode(CoordinationAnswer answer, CoordinationCommand to)
    {
        var bytes = new ArrayBufferWriter<byte>();
        var writer = new CommandWriter(bytes);
        switch (answer)
        {
            case CoordinationAnswer.SessionState session:
                writer.Byte(SessionState);
                StateBodies.Write(writer, session.Session);
                writer.Flag(session.Session.OpenedBy is not null);
                if (session.Session.OpenedBy is { } number) writer.Number(number);
                break;
            case CoordinationAnswer.ElectionState election:
                writer.Byte(ElectionState);
                StateBodies.Write(writer, election.Election);
                break;
            case CoordinationAnswer.FenceState fence:
                writer.Byte(FenceState);
                writer.Flag(fence.New);
                StateBodies.Write(writer, fence.Fence);
                break;
            case CoordinationAnswer.DefinitionState definition:
                writer.Byte(DefinitionState);
                StateBodies.Write(
                    writer,
                    to is CoordinationCommand.PutDefinition
                        ? definition.Definition with { Value = "" }
                        : definition.Definition);
                break;
            case CoordinationAnswer.Done:
                writer.Byte(Done);
                break;
            case CoordinationAnswer.Refused refused:
                writer.Byte(Refused);
                writer.Byte((byte)refused.Code);
                break;
            case CoordinationAnswer.LossState lost:
                writer.Byte(LossState);
                writer.Flag(lost.New);
                LossBodies.Write(writer, lost.Loss);
                break;
            default: throw new Primitives.InvariantViolatedException($"{answer} has no form");
        }

        return bytes.WrittenMemory;
    }

    /// <exception cref="CommandCorruptException">The bytes are no answer.</exception>
    public static CoordinationAnswer Decode(ReadOnlySpan<byte> bytes, CoordinationCommand to)
    {
        var reader = new CommandReader(bytes);
        CoordinationAnswer answer = reader.Byte() switch
        {
            SessionState => new CoordinationAnswer.SessionState(StateBodies.ReadSession(ref reader) with
            {
                OpenedBy = reader.Flag() ? reader.Number() : null,
            }),
            ElectionState => new CoordinationAnswer.ElectionState(StateBodies.ReadElection(ref reader)),
            FenceState => ReadFence(ref reader),
            DefinitionState => new CoordinationAnswer.DefinitionState(ReadDefinition(ref reader, to)),
            Done => new CoordinationAnswer.Done(),
            Refused => ReadRefused(ref reader),
            LossState => ReadLoss(ref reader),
            var unknown => throw new CommandCorruptException($"unknown answer {unknown}"),
        };
        reader.End();
        return answer;
    }

    private static CoordinationAnswer.FenceState ReadFence(ref CommandReader reader)
    {
        var isNew = reader.Flag();
        return new CoordinationAnswer.FenceState(StateBodies.ReadFence(ref reader), isNew);
    }

    private static CoordinationAnswer.LossState ReadLoss(ref CommandReader reader)
    {
        var isNew = reader.Flag();
        return new CoordinationAnswer.LossState(LossBodies.ReadLoss(ref reader), isNew);
    }

    private static DefinitionRecord ReadDefinition(ref CommandReader reader, CoordinationCommand to)
    {
        var definition = StateBodies.ReadDefinition(ref reader);
        return to is CoordinationCommand.PutDefinition put ? definition with { Value = put.Value } : definition;
    }

    private static CoordinationAnswer.Refused ReadRefused(ref CommandReader reader)
    {
        var code = (RefusalCode)reader.Byte();
        return Enum.IsDefined(code)
            ? new CoordinationAnswer.Refused(code, RepeatedRefusal)
            : throw new CommandCorruptException($"unknown refusal {code}");
    }
}
