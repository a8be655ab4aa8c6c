using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Storage;

namespace Holdfast.Consensus.Service.Raft;

/// <content>Who is in the group, and changes of it.</content>
public sealed partial class RaftHost
{
    /// <summary>
    /// Adds, promotes and removes members, all at once or not at all. Completes when the change is committed and out of
    /// its joint state. One is under way at a time.
    /// </summary>
    public Task<MembershipOutcome> ChangeMembersAsync(MembershipChange change, CancellationToken cancellationToken)
    {
        if (_running is not { } running || _stopping.IsCancellationRequested)
            return Task.FromResult<MembershipOutcome>(new MembershipOutcome.NotLeader(null));
        var caller = new TaskCompletionSource<MembershipOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        return running.Loop.TryPost(new HostInput.Change(change, caller))
            ? caller.Task.WaitAsync(cancellationToken)
            : Task.FromResult<MembershipOutcome>(new MembershipOutcome.Overloaded());
    }

    /// <summary>
    /// Whether every other member listens to this one in this version of the protocol, or a newer one. One that cannot
    /// be reached may be of any, so that is no.
    /// </summary>
    internal bool DoAllSpeak(uint version) => _running is { } running && Status.Members.Members.All(member =>
        member.Node == Options.Node || running.Transport.SpokenVersion(member.Node) >= version);

    /// <summary>
    /// What the first start recorded, or records now. A directory of an earlier version recorded nothing, and is no
    /// newcomer's, whatever the settings say.
    /// </summary>
    private Configuration BootstrapOf(FileLogStore store, DurableState durable)
    {
        if (store.ReadBootstrap() is { } recorded) return recorded;
        var isNew = durable.State.Term == Term.Zero && durable.Entries.Count == 0 && durable.Snapshot is null;
        var bootstrap = isNew && Options.Join ? Configuration.Empty : Options.Bootstrap;
        store.WriteBootstrap(bootstrap);
        return bootstrap;
    }

    /// <summary>
    /// What a damaged disk lost comes from the other voters. Who knows of no others starts, too: it may have lost the
    /// entry that names them, and they dial it. The only voter of a group waits for ever, and decides nothing.
    /// </summary>
    private void TellLoss(RaftNode node, FileLogStore store)
    {
        if (store.Damage is var (file, offset, what, keptUpTo))
            Log.Damaged(_logger, node.Self, file, offset, what, keptUpTo);
        if (node.IsRecovering) Log.Recovering(_logger, node.Self, node.LastIndex, node.Members);
    }

    private void CompareWithSettings(Configuration members)
    {
        var settings = Options.Voters.Select(static voter => voter.Node).ToHashSet();
        if (members.Voters.IsEmpty || settings.SetEquals(members.Voters)) return;
        Log.SettingsDiffer(_logger, string.Join(", ", settings), Options.Node, members);
    }
}
