using System.Buffers;
using System.Collections.Immutable;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Protocol.Requests;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Coordination;

/// <content>
/// The whole state as bytes, for snapshots. One state has one encoding, so that two voters at one index have the same.
/// <code>
/// version (1 to 3)
/// applied-index applied-term consensus-generation announced-index forgotten-generation leadership?
/// sessions elections nodes definitions outbox minted ended    each a count, then its parts in their order
/// openings (number  session)*  requests                       from version 2 on
/// losses                                                      from version 3 on
/// </code>
/// The version is the format that the group may use (<see cref="Format"/>): a state that no program of an older version
/// could have come to is the only one that such a program cannot read.
/// The shapes are those of <see cref="CommandCodec"/>; the parts are in <see cref="StateBodies"/>. What follows from
/// the rest is not written: which elections are vacated, how many sessions have ended.
/// </content>
public sealed partial record CoordinationState
{
    /// <summary>Writes this state.</summary>
    public void WriteTo(IBufferWriter<byte> bytes)
    {
        var writer = new CommandWriter(bytes);
        writer.Byte(Format);
        writer.Number(AppliedIndex.Value);
        writer.Number(AppliedTerm.Value);
        writer.Number(ConsensusGeneration);
        writer.Number(AnnouncedIndex.Value);
        writer.Number(ForgottenGeneration.Value);
        writer.Flag(Leadership is not null);
        if (Leadership is { } leadership) StateBodies.Write(writer, leadership);
        StateBodies.WriteAll(writer, Sessions.Values, StateBodies.Write);
        StateBodies.WriteAll(writer, Elections.Values, StateBodies.Write);
        StateBodies.WriteAll(writer, Nodes.Values, StateBodies.Write);
        StateBodies.WriteAll(writer, Definitions.Values, StateBodies.Write);
        StateBodies.WriteAll(writer, Outbox, StateBodies.Write);
        StateBodies.WriteAll(writer, Minted.Values, StateBodies.Write);
        StateBodies.WriteAll(writer, [.. Ended], static (to, id) => to.Number(id.Opened.Value));
        if (Format < CommandCodec.RequestVersion) return;
        StateBodies.WriteAll(writer, Openings, StateBodies.Write);
        Requests.Write(writer);
        if (Format < CommandCodec.LossVersion) return;
        StateBodies.WriteAll(writer, [.. Losses.Values.SelectMany(static shard => shard)], LossBodies.Write);
    }

    /// <summary>Reads what <see cref="WriteTo"/> wrote.</summary>
    /// <exception cref="CommandCorruptException">The bytes are no state of a version that is known.</exception>
    public static CoordinationState Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CommandReader(bytes);
        var version = reader.Byte();
        if (version is < CommandCodec.Version or > CommandCodec.LossVersion)
        {
            throw new CommandCorruptException(
                $"state of version {version}, only {CommandCodec.Version} to {CommandCodec.LossVersion} are known");
        }

        try
        {
            var state = ReadState(ref reader) with { Format = version };
            if (version >= CommandCodec.RequestVersion) state = state.WithRequests(ref reader);
            if (version >= CommandCodec.LossVersion) state = state.WithLosses(ref reader);
            reader.End();
            return state;
        }
        catch (Exception illegal) when (illegal is FormatException or ArgumentException)
        {
            throw new CommandCorruptException(illegal.Message);
        }
    }

    private CoordinationState WithRequests(ref CommandReader reader)
    {
        var state = this;
        foreach (var (number, id) in StateBodies.ReadAll(ref reader, StateBodies.ReadOpening))
        {
            if (!state.Sessions.TryGetValue(id, out var session))
                throw new CommandCorruptException($"session {id} was opened and is not there");
            state = state.OpenedBy(session with { OpenedBy = number }, number).State;
        }

        return state with { Requests = RequestWindows.Read(ref reader, CoordinationLimits.Requests) };
    }

    private static CoordinationState ReadState(ref CommandReader reader)
    {
        var state = Empty with
        {
            AppliedIndex = new LogIndex(reader.Number(Token.IndexMax)),
            AppliedTerm = new Term(reader.Number()),
            ConsensusGeneration = (ushort)reader.Number(ushort.MaxValue),
            AnnouncedIndex = new LogIndex(reader.Number(Token.IndexMax)),
            ForgottenGeneration = new Generation(reader.Number()),
            Leadership = reader.Flag() ? StateBodies.ReadLeadership(ref reader) : null,
        };
        var sessions = StateBodies.ReadAll(ref reader, StateBodies.ReadSession);
        var elections = StateBodies.ReadAll(ref reader, StateBodies.ReadElection);
        var nodes = StateBodies.ReadAll(ref reader, StateBodies.ReadNode);
        var definitions = StateBodies.ReadAll(ref reader, StateBodies.ReadDefinition);
        var outbox = StateBodies.ReadAll(ref reader, StateBodies.ReadAnnouncement);
        var minted = StateBodies.ReadAll(ref reader, StateBodies.ReadMinted);
        var ended = StateBodies.ReadAll(ref reader, StateBodies.ReadSessionId);
        return state with
        {
            Sessions = sessions.ToImmutableSortedDictionary(static one => one.Id, static one => one),
            Elections = state.Elections.AddRange(
                elections.Select(static one => KeyValuePair.Create(one.Name.Value, one))),
            Nodes = nodes.ToImmutableSortedDictionary(static one => one.Node, static one => one),
            Definitions = state.Definitions.AddRange(
                definitions.Select(static one => KeyValuePair.Create(one.Key.Value, one))),
            Outbox = [.. outbox],
            Minted = minted.ToImmutableSortedDictionary(static one => one.Token, static one => one),
            Ended = ImmutableQueue.CreateRange(ended),
            EndedSessionCount = ended.Count,
            Vacated = SessionRecord.NoElections.Union(
                elections.Where(static one => one.Holder is null).Select(static one => one.Name.Value)),
        };
    }
}
