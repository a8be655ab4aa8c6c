using System.Collections.Immutable;
using System.Text;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Storage.Tests;

/// <summary>Writes as a node hands them out, in the short form that tests read well in.</summary>
internal static class Samples
{
    public static readonly HardState VotedInTerm1 = new(new Term(1), new NodeId("n1"));

    public static LogEntry Entry(ulong index, ulong term, string command = "") => new(
        new LogIndex(index),
        new Term(term),
        command.Length == 0 ? EntryKind.NoOp : EntryKind.Command,
        Encoding.UTF8.GetBytes(command));

    public static Persistence Write(ulong number, HardState? state, params ReadOnlySpan<LogEntry> entries) => new()
    {
        Number = new PersistenceNumber(number),
        State = state,
        Entries = ImmutableArray.Create(entries),
    };

    public static SnapshotMark Mark(ulong index, ulong term) => new(new LogIndex(index), new Term(term));

    /// <summary>A part of a snapshot up to entry 7 of term 2.</summary>
    public static SnapshotChunk Part(string content, int offset, int count)
    {
        var bytes = Encoding.UTF8.GetBytes(content);
        var snapshot = new SnapshotInfo(new LogIndex(7), new Term(2), bytes.Length, Crc32C.Of(bytes));
        return new SnapshotChunk(snapshot, offset, bytes.AsMemory(offset, count));
    }

    public static string? Text(ReadOnlyMemory<byte>? bytes) =>
        bytes is { } some ? Encoding.UTF8.GetString(some.Span) : null;

    public static string[] Show(IReadOnlyList<LogEntry> entries) =>
        [.. entries.Select(entry =>
            $"{entry.Index}@{entry.Term} {entry.Kind} {Encoding.UTF8.GetString(entry.Command.Span)}".TrimEnd())];
}
