using System.Collections.Immutable;
using Google.Protobuf;
using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>Raft's messages as the frames of raft.proto. The bytes of commands are shared, not copied.</summary>
internal static class MessageCodec
{
    public static Wire.Frame ToFrame(RaftMessage message) => message switch
    {
        PreVoteRequest m => new Wire.Frame
        {
            PreVoteRequest = new Wire.PreVoteRequest
            {
                Term = m.Term.Value,
                LastIndex = m.LastIndex.Value,
                LastTerm = m.LastTerm.Value,
            },
        },
        PreVoteReply m => new Wire.Frame
        {
            PreVoteReply = new Wire.PreVoteReply { Term = m.Term.Value, Granted = m.Granted },
        },
        VoteRequest m => new Wire.Frame { VoteRequest = ToWire(m) },
        VoteReply m => new Wire.Frame { VoteReply = new Wire.VoteReply { Term = m.Term.Value, Granted = m.Granted } },
        AppendRequest m => new Wire.Frame { AppendRequest = ToWire(m) },
        AppendAccepted m => new Wire.Frame
        {
            AppendAccepted = new Wire.AppendAccepted { Term = m.Term.Value, Matched = m.Matched.Value },
        },
        AppendRefused m => new Wire.Frame { AppendRefused = ToWire(m) },
        Heartbeat m => new Wire.Frame
        {
            Heartbeat = new Wire.Heartbeat
            {
                Term = m.Term.Value,
                Commit = m.Commit.Value,
                Round = m.Round.Value,
                PauseTicks = m.Pause.Ticks,
                Goal = m.Goal is { } goal ? new Wire.RecoveryGoal { Id = goal.Id, UpTo = goal.UpTo.Value } : null,
            },
        },
        HeartbeatReply m => new Wire.Frame { HeartbeatReply = ToWire(m) },
        InstallSnapshot m => new Wire.Frame { InstallSnapshot = ToWire(m) },
        SnapshotAnswer m => new Wire.Frame { SnapshotAnswer = ToWire(m) },
        TimeoutNow m => new Wire.Frame { TimeoutNow = new Wire.TimeoutNow { Term = m.Term.Value } },
        ReadRequest m => new Wire.Frame
        {
            ReadRequest = new Wire.ReadRequest { Term = m.Term.Value, Number = m.Number },
        },
        ReadReply m => new Wire.Frame { ReadReply = ToWire(m) },
        _ => throw new Primitives.InvariantViolatedException($"{message} has no frame"),
    };

    /// <summary>The version of the protocol that a voter must speak to be told this.</summary>
    public static uint VersionOf(RaftMessage message) => message is TimeoutNow or ReadRequest or ReadReply ? 2u : 1u;

    /// <summary>The message of a frame; null when it is none, or none that this version understands.</summary>
    public static RaftMessage? FromFrame(Wire.Frame frame) => frame.ContentCase switch
    {
        Wire.Frame.ContentOneofCase.PreVoteRequest => new PreVoteRequest(
            new Term(frame.PreVoteRequest.Term),
            new LogIndex(frame.PreVoteRequest.LastIndex),
            new Term(frame.PreVoteRequest.LastTerm)),
        Wire.Frame.ContentOneofCase.PreVoteReply => new PreVoteReply(
            new Term(frame.PreVoteReply.Term), frame.PreVoteReply.Granted),
        Wire.Frame.ContentOneofCase.VoteRequest => new VoteRequest(
            new Term(frame.VoteRequest.Term),
            new LogIndex(frame.VoteRequest.LastIndex),
            new Term(frame.VoteRequest.LastTerm),
            frame.VoteRequest.ByLeader),
        Wire.Frame.ContentOneofCase.VoteReply => new VoteReply(
            new Term(frame.VoteReply.Term), frame.VoteReply.Granted),
        Wire.Frame.ContentOneofCase.AppendRequest => FromWire(frame.AppendRequest),
        Wire.Frame.ContentOneofCase.AppendAccepted => new AppendAccepted(
            new Term(frame.AppendAccepted.Term), new LogIndex(frame.AppendAccepted.Matched)),
        Wire.Frame.ContentOneofCase.AppendRefused => new AppendRefused(
            new Term(frame.AppendRefused.Term),
            new LogIndex(frame.AppendRefused.PrevIndex),
            new LogIndex(frame.AppendRefused.HintIndex),
            new Term(frame.AppendRefused.HintTerm)),
        Wire.Frame.ContentOneofCase.Heartbeat => FromWire(frame.Heartbeat),
        Wire.Frame.ContentOneofCase.HeartbeatReply => FromWire(frame.HeartbeatReply),
        Wire.Frame.ContentOneofCase.InstallSnapshot => FromWire(frame.InstallSnapshot),
        Wire.Frame.ContentOneofCase.SnapshotAnswer => new SnapshotAnswer(
            new Term(frame.SnapshotAnswer.Term),
            new LogIndex(frame.SnapshotAnswer.LastIndex),
            frame.SnapshotAnswer.NextOffset),
        Wire.Frame.ContentOneofCase.ReadRequest => new ReadRequest(
            new Term(frame.ReadRequest.Term), frame.ReadRequest.Number),
        Wire.Frame.ContentOneofCase.ReadReply => new ReadReply(
            new Term(frame.ReadReply.Term),
            frame.ReadReply.Number,
            frame.ReadReply.Confirmed,
            new LogIndex(frame.ReadReply.ReadIndex)),
        Wire.Frame.ContentOneofCase.TimeoutNow => new TimeoutNow(new Term(frame.TimeoutNow.Term)),
        _ => null,
    };

    private static Wire.AppendRequest ToWire(AppendRequest message)
    {
        var request = new Wire.AppendRequest
        {
            Term = message.Term.Value,
            PrevIndex = message.PrevIndex.Value,
            PrevTerm = message.PrevTerm.Value,
            Commit = message.Commit.Value,
        };
        request.Entries.Capacity = message.Entries.Length;
        foreach (var entry in message.Entries)
        {
            request.Entries.Add(new Wire.Entry
            {
                Term = entry.Term.Value,
                Kind = (uint)entry.Kind,
                Command = UnsafeByteOperations.UnsafeWrap(entry.Command),
            });
        }

        return request;
    }

    private static Wire.AppendRefused ToWire(AppendRefused message) => new()
    {
        Term = message.Term.Value,
        PrevIndex = message.PrevIndex.Value,
        HintIndex = message.HintIndex.Value,
        HintTerm = message.HintTerm.Value,
    };

    private static Wire.VoteRequest ToWire(VoteRequest message) => new()
    {
        Term = message.Term.Value,
        LastIndex = message.LastIndex.Value,
        LastTerm = message.LastTerm.Value,
        ByLeader = message.ByLeader,
    };

    private static Wire.HeartbeatReply ToWire(HeartbeatReply message) => new()
    {
        Term = message.Term.Value,
        Round = message.Round.Value,
        PromiseTicks = message.Promise.Ticks,
        Loss = message.Loss is { } loss ? new Wire.LogLoss { Id = loss.Id, LastIndex = loss.Last.Value } : null,
    };

    private static Wire.ReadReply ToWire(ReadReply message) => new()
    {
        Term = message.Term.Value,
        Number = message.Number,
        Confirmed = message.Confirmed,
        ReadIndex = message.ReadIndex.Value,
    };

    private static Wire.InstallSnapshot ToWire(InstallSnapshot message)
    {
        var (snapshot, offset, data) = message.Chunk;
        return new Wire.InstallSnapshot
        {
            Term = message.Term.Value,
            LastIndex = snapshot.Index.Value,
            LastTerm = snapshot.Term.Value,
            Bytes = snapshot.Bytes,
            Checksum = snapshot.Checksum,
            Offset = offset,
            Data = UnsafeByteOperations.UnsafeWrap(data),
            Configuration = UnsafeByteOperations.UnsafeWrap(snapshot.Configuration?.Encoded ?? default),
        };
    }

    private static Wire.SnapshotAnswer ToWire(SnapshotAnswer message) => new()
    {
        Term = message.Term.Value,
        LastIndex = message.Index.Value,
        NextOffset = message.NextOffset,
    };

    private static Heartbeat FromWire(Wire.Heartbeat heartbeat) =>
        new(
            new Term(heartbeat.Term),
            new LogIndex(heartbeat.Commit),
            new Round(heartbeat.Round),
            new TimeSpan(heartbeat.PauseTicks))
        {
            Goal = heartbeat.Goal is { } goal ? new RecoveryGoal(goal.Id, new LogIndex(goal.UpTo)) : null,
        };

    private static HeartbeatReply FromWire(Wire.HeartbeatReply reply) =>
        new(new Term(reply.Term), new Round(reply.Round), new TimeSpan(reply.PromiseTicks))
        {
            Loss = reply.Loss is { } loss ? new LogLoss(loss.Id, new LogIndex(loss.LastIndex)) : null,
        };

    private static InstallSnapshot? FromWire(Wire.InstallSnapshot part)
    {
        var configuration = part.Configuration.IsEmpty ? null : Configuration.TryRead(part.Configuration.Span);
        if (configuration is null && !part.Configuration.IsEmpty) return null;
        var snapshot = new SnapshotInfo(
            new LogIndex(part.LastIndex), new Term(part.LastTerm), part.Bytes, part.Checksum, configuration);
        return new InstallSnapshot(
            new Term(part.Term), new SnapshotChunk(snapshot, part.Offset, part.Data.Memory));
    }

    private static AppendRequest? FromWire(Wire.AppendRequest request)
    {
        var prev = new LogIndex(request.PrevIndex);
        if (prev > LogIndex.Max) return null;
        var entries = ImmutableArray.CreateBuilder<LogEntry>(request.Entries.Count);
        foreach (var entry in request.Entries)
        {
            // A kind of a later version could change what the log means: better not to take it than to skip it.
            if (entry.Kind > (uint)EntryKind.Configuration) return null;
            entries.Add(new LogEntry(
                prev + (entries.Count + 1), new Term(entry.Term), (EntryKind)entry.Kind, entry.Command.Memory));
        }

        return new AppendRequest(
            new Term(request.Term), prev, new Term(request.PrevTerm), new LogIndex(request.Commit),
            entries.MoveToImmutable());
    }
}
