using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Tests.Raft.Scenarios;

/// <content>What a story shows of its voters.</content>
internal sealed partial class Stage
{
    public void Status()
    {
        foreach (var actor in _actors.Values)
        {
            say(actor.Node is not { } node
                ? $"{actor.Name} down"
                : $"{node.Self} {node.Role} term={node.Term} leader={node.Leader?.Value ?? "none"} " +
                    $"last={node.LastIndex} stable={node.StableIndex} commit={node.CommitIndex}" +
                    (node.SnapshotIndex == LogIndex.Zero ? "" : $" snapshot={node.SnapshotIndex}") +
                    (node.DiskStalledSince is null ? "" : " disk stalled") +
                    (node.IsRecovering ? " recovering" : ""));
        }
    }

    public void Logs()
    {
        foreach (var actor in _actors.Values)
        {
            if (actor.Node is not { } node) continue;
            var first = (int)node.BaseIndex.Value + 1;
            var entries = Enumerable.Range(first, (int)(node.LastIndex.Value - node.BaseIndex.Value))
                .Select(index => node.EntryAt(new LogIndex((ulong)index)));
            say($"{node.Self} {Messages.Show(entries)} commit={node.CommitIndex}");
        }
    }

    /// <summary>The timeouts in force, and when each acts next if nothing happens.</summary>
    public void Timing()
    {
        foreach (var node in _actors.Values.Select(static actor => actor.Node).OfType<RaftNode>())
        {
            say($"{node.Self} heartbeat {node.Options.Heartbeat.TotalMilliseconds} ms, election " +
                $"{node.ElectionTimeoutMin.TotalMilliseconds} to {node.ElectionTimeoutMax.TotalMilliseconds} ms, " +
                $"acts in {Math.Floor((node.NextDeadline - _now).TotalMilliseconds)} ms");
        }
    }

    private void Tell(NodeId name, ProposeAnswer answer)
    {
        if (answer.Accepted > 0) say($"{name} takes {answer.Accepted} from {answer.First}");
        if (answer.Refusal != ProposeRefusal.None)
            say($"{name} refuses: {answer.Refusal}, leader {answer.Leader?.Value ?? "none"}");
    }

    /// <summary>Who is in the group, as each sees it.</summary>
    public void Members()
    {
        foreach (var node in _actors.Values.Select(static actor => actor.Node).OfType<RaftNode>())
            say($"{node.Self} {node.Members} {(node.AreMembersCommitted ? "committed" : "not committed")}");
    }

    private void Tell(NodeId name, ChangeAnswer answer) => say(answer.Refusal == MembershipRefusal.None
        ? $"{name} changes the members to v{answer.Version}, from entry {answer.Index} on"
        : $"{name} refuses: {answer.Refusal}: {answer.Detail}");

    private void Tell(NodeId name, TransferTurn transfer) =>
        say($"{name} hands over to {transfer.To?.Value ?? "none"}: {transfer.Stage}");

    private void Tell(NodeId name, LeadershipConfirmation confirmation) => say(confirmation.Confirmed
        ? $"{name} is confirmed, reads from {confirmation.ReadIndex}"
        : $"{name} is not confirmed");
}
