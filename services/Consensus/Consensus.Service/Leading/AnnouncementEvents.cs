using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Contracts;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Leading;

/// <summary>What the log announces, in the words of the bus. An entry gives the same event on every voter.</summary>
internal sealed class AnnouncementEvents(NodeId self)
{
    public IEvent ToEvent(Announcement announcement)
    {
        // Ordered like the log, whichever leader says it: the entry's token, then its place among the entry's own.
        var sequence = EventIdentity.Sequence(
            Token.Mint(announcement.ConsensusGeneration, announcement.Index.Value).Value, (ulong)announcement.Ordinal);
        return announcement.Change switch
        {
            AnnouncedChange.ElectionGranted granted => Elected(announcement, granted, sequence),
            AnnouncedChange.ElectionLost lost => Lost(announcement, lost, sequence),
            AnnouncedChange.NodeFenced fenced => Fenced(announcement, fenced.Fence, sequence),
            AnnouncedChange.MemoryLost lost => Lost(announcement, lost.Loss, sequence),
            var unknown => throw new InvariantViolatedException($"{unknown} has no event"),
        };
    }

    private LeaderElected Elected(
        Announcement announcement, AnnouncedChange.ElectionGranted granted, string sequence) => new()
        {
            EventId = EventIdentity.IdOf<LeaderElected>(granted.Subject, sequence),
            OccurredAt = OccurredAt(announcement),
            Source = Source,
            Subject = granted.Subject,
            Sequence = sequence,
            Election = granted.Election,
            Holder = granted.Holder,
            ClusterId = granted.Cluster?.Value,
            NodeId = granted.Node?.Value,
            Term = announcement.Term.Value,
            Token = granted.Token.ToString(),
            PreviousHolder = granted.PreviousHolder,
            PreviousToken = granted.PreviousToken?.ToString(),
            Cause = Words.Of(granted.Cause),
        };

    private LeaderLost Lost(Announcement announcement, AnnouncedChange.ElectionLost lost, string sequence) => new()
    {
        EventId = EventIdentity.IdOf<LeaderLost>(lost.Subject, sequence),
        OccurredAt = OccurredAt(announcement),
        Source = Source,
        Subject = lost.Subject,
        Sequence = sequence,
        Election = lost.Election,
        Holder = lost.Holder,
        Term = announcement.Term.Value,
        Token = lost.Token.ToString(),
        Cause = Words.Of(lost.Cause),
    };

    private PeerFenced Fenced(Announcement announcement, FenceRecord fence, string sequence) => new()
    {
        EventId = EventIdentity.IdOf<PeerFenced>(announcement.Change.Subject, sequence),
        OccurredAt = OccurredAt(announcement),
        Source = Source,
        Subject = announcement.Change.Subject,
        Sequence = sequence,
        NodeId = fence.Node.Value,
        ClusterId = fence.Cluster.Value,
        Generation = fence.Generation.Value,
        Token = fence.Token.ToString(),
        Cause = Words.Of(fence.Cause),
        Observers = Answers.Evidence(fence.Observers),
        RevokedSessions = fence.RevokedSessions,
        LiveClusters = [.. fence.LiveClusters.Select(cluster => cluster.Value)],
    };

    private DirectoryMemoryLost Lost(Announcement announcement, MemoryLoss loss, string sequence) => new()
    {
        EventId = EventIdentity.IdOf<DirectoryMemoryLost>(announcement.Change.Subject, sequence),
        OccurredAt = OccurredAt(announcement),
        Source = Source,
        Subject = announcement.Change.Subject,
        Sequence = sequence,
        Shard = loss.Memory.Shard,
        Floor = loss.Floor.ToString(),
        Evidence = Words.Of(loss.Evidence),
    };

    private string Source => $"consensus/{self}";

    private static DateTime OccurredAt(Announcement announcement) => Answers.Utc(announcement.ProposedAtUnixMs);
}
