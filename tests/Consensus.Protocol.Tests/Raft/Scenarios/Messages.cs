using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Tests.Raft.Scenarios;

/// <summary>Messages and entries in the short form of scenario files: <c>index/term:command</c>.</summary>
internal static class Messages
{
    private static readonly TimeSpan UsualPause = new RaftOptions().Heartbeat;

    public static string Show(RaftMessage message) => message switch
    {
        PreVoteRequest m => $"PreVote term {m.Term} log {m.LastIndex}/{m.LastTerm}",
        PreVoteReply m => $"PreVoteReply term {m.Term} {(m.Granted ? "granted" : "refused")}",
        VoteRequest m => $"Vote term {m.Term} log {m.LastIndex}/{m.LastTerm}{(m.ByLeader ? " by leader" : "")}",
        VoteReply m => $"VoteReply term {m.Term} {(m.Granted ? "granted" : "refused")}",
        AppendRequest m => $"Append term {m.Term} prev {m.PrevIndex}/{m.PrevTerm} commit {m.Commit} {Show(m.Entries)}",
        AppendAccepted m => $"Accepted term {m.Term} matched {m.Matched}",
        AppendRefused m => $"Refused term {m.Term} prev {m.PrevIndex} hint {m.HintIndex}/{m.HintTerm}",
        Heartbeat m => $"Heartbeat term {m.Term} commit {m.Commit} round {m.Round}" +
            (m.Pause == UsualPause || m.Pause == TimeSpan.Zero ? "" : $" every {m.Pause.TotalMilliseconds} ms") +
            (m.Goal is { } goal ? $" goal {goal.UpTo}" : ""),
        HeartbeatReply m => $"HeartbeatReply term {m.Term} round {m.Round}" +
            (m.Promise == TimeSpan.Zero ? "" : $" promise {m.Promise.TotalMilliseconds} ms") +
            (m.Loss is { } loss ? $" lost after {loss.Last}" : ""),
        ReadRequest m => $"Read term {m.Term} number {m.Number}",
        ReadReply m => $"ReadReply term {m.Term} number {m.Number} {(m.Confirmed ? $"from {m.ReadIndex}" : "refused")}",
        InstallSnapshot m => $"Install term {m.Term} snapshot {m.Chunk.Snapshot.Index}/{m.Chunk.Snapshot.Term} " +
            $"part {m.Chunk.Offset}+{m.Chunk.Data.Length} of {m.Chunk.Snapshot.Bytes}",
        SnapshotAnswer m => $"SnapshotAnswer term {m.Term} snapshot {m.Index} next {m.NextOffset}",
        TimeoutNow m => $"TimeoutNow term {m.Term}",
        _ => throw new FormatException(message.ToString()),
    };

    public static string Show(IEnumerable<LogEntry> entries) => $"[{string.Join(' ', entries.Select(Show))}]";

    public static RaftMessage Parse(string[] words)
    {
        var fields = words.Skip(1).Select(static word => word.Split('=', 2))
            .ToDictionary(static pair => pair[0], static pair => pair[1]);
        return words[0] switch
        {
            "append" => new AppendRequest(
                new Term(Number(fields["term"])),
                PlaceOf(fields["prev"]).Index,
                PlaceOf(fields["prev"]).Term,
                new LogIndex(Number(fields["commit"])),
                fields.TryGetValue("entries", out var entries) ? ParseEntries(entries) : []),
            "heartbeat" => new Heartbeat(
                new Term(Number(fields["term"])),
                new LogIndex(Number(fields["commit"])),
                new Round(Number(fields["round"])),
                TimeSpan.FromMilliseconds(fields.TryGetValue("pause", out var pause) ? Number(pause) : 0)),
            "vote" => new VoteRequest(
                new Term(Number(fields["term"])), PlaceOf(fields["log"]).Index, PlaceOf(fields["log"]).Term),
            "prevote" => new PreVoteRequest(
                new Term(Number(fields["term"])), PlaceOf(fields["log"]).Index, PlaceOf(fields["log"]).Term),
            "prevotereply" => new PreVoteReply(new Term(Number(fields["term"])), Granted: false),
            "heartbeatreply" => new HeartbeatReply(
                new Term(Number(fields["term"])), new Round(Number(fields["round"]))),
            "read" => new ReadRequest(new Term(Number(fields["term"])), Number(fields["number"])),
            "install" => ParseInstall(fields),
            "timeoutnow" => new TimeoutNow(new Term(Number(fields["term"]))),
            "accepted" => new AppendAccepted(
                new Term(Number(fields["term"])), new LogIndex(Number(fields["matched"]))),
            _ => throw new FormatException($"'{words[0]}' is no message that a scenario can forge."),
        };
    }

    /// <summary><c>n4</c>, or <c>n4@eu</c> with its failure domain, which is part of its addresses too.</summary>
    public static Member ParseMember(string text)
    {
        var parts = text.Split('@');
        var domain = parts.Length > 1 ? parts[1] : "";
        return new Member(new NodeId(parts[0]), domain, domain.Length == 0 ? "" : $"{parts[0]}.{domain}:1", "");
    }

    public static MembershipChange ParseChange(string[] words) => new()
    {
        Put = [.. After(words, "+").Select(ParseMember)],
        Promote = [.. After(words, "^").Select(static name => new NodeId(name))],
        Remove = [.. After(words, "-").Select(static name => new NodeId(name))],
        AcceptsEvenVoters = words.Contains("even"),
        AcceptsUnsafeDomains = words.Contains("domains"),
        OnlyAtVersion = After(words, "at=").Select(Number).Cast<ulong?>().FirstOrDefault(),
    };

    private static IEnumerable<string> After(string[] words, string mark) => words
        .Where(word => word.StartsWith(mark, StringComparison.Ordinal))
        .Select(word => word[mark.Length..]);

    private static string Show(LogEntry entry) => $"{entry.Index}/{entry.Term}" + entry.Kind switch
    {
        EntryKind.NoOp => "",
        EntryKind.Configuration => $":({ConfigurationCodec.TryRead(entry.Command.Span)})",
        _ => ":" + Encoding.UTF8.GetString(entry.Command.Span),
    };

    private static ulong Number(string text) => ulong.Parse(text, CultureInfo.InvariantCulture);

    private static (LogIndex Index, Term Term) PlaceOf(string text)
    {
        var parts = text.Split('/');
        return (new LogIndex(Number(parts[0])), new Term(Number(parts[1])));
    }

    private static InstallSnapshot ParseInstall(Dictionary<string, string> fields)
    {
        var (index, term) = PlaceOf(fields["snapshot"]);
        var content = Encoding.UTF8.GetBytes(fields["state"].Replace(',', ' '));
        var checksum = fields.ContainsKey("damaged") ? 1 : Crc32C.Of(content);
        var snapshot = new SnapshotInfo(index, term, content.Length, checksum);
        return new InstallSnapshot(new Term(Number(fields["term"])), new SnapshotChunk(snapshot, 0, content));
    }

    private static ImmutableArray<LogEntry> ParseEntries(string text) =>
    [
        .. text.Split(',').Select(static entry =>
        {
            var parts = entry.Split(':', 2);
            var (index, term) = PlaceOf(parts[0]);
            return parts.Length == 1
                ? new LogEntry(index, term, EntryKind.NoOp, default)
                : new LogEntry(index, term, EntryKind.Command, Encoding.UTF8.GetBytes(parts[1]));
        }),
    ];
}
