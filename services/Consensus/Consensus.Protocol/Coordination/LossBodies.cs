using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Coordination;

/// <summary>Losses of memory as bytes, in commands, answers and snapshots. The order of fields is for ever.</summary>
internal static class LossBodies
{
    public static void Write(CommandWriter writer, LostMemory memory)
    {
        writer.Number((ulong)memory.Shard);
        writer.Text(memory.Gen);
        writer.Number(memory.Seq);
        writer.Text(memory.Run);
    }

    /// <exception cref="FormatException">A field breaks its rule.</exception>
    public static LostMemory ReadMemory(ref CommandReader reader) => new(
        (int)reader.Number(CoordinationLimits.ShardsMax - 1),
        reader.Text(LostMemory.NameCharactersMax),
        reader.Number(),
        reader.Text(LostMemory.NameCharactersMax));

    public static LossEvidence ReadEvidence(ref CommandReader reader)
    {
        var evidence = (LossEvidence)reader.Byte();
        return Enum.IsDefined(evidence) ? evidence : throw new CommandCorruptException($"unknown evidence {evidence}");
    }

    public static void Write(CommandWriter writer, MemoryLoss loss)
    {
        Write(writer, loss.Memory);
        writer.Number(loss.Floor.Value);
        writer.Byte((byte)loss.Evidence);
        writer.Number((ulong)loss.LostAtUnixMs);
        writer.OptionalText(loss.TraceParent);
    }

    public static MemoryLoss ReadLoss(ref CommandReader reader) => new()
    {
        Memory = ReadMemory(ref reader),
        Floor = new Token(reader.Number()),
        Evidence = ReadEvidence(ref reader),
        LostAtUnixMs = (long)reader.Number(long.MaxValue),
        TraceParent = reader.OptionalText(CoordinationLimits.TraceParentBytesMax),
    };
}
