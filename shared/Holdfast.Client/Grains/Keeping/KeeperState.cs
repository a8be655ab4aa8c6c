namespace Holdfast.Client;

/// <summary>What of a keeper outlives its sessions.</summary>
/// <param name="Kept">What it holds.</param>
/// <param name="Memories">Which memory each shard of the directory had.</param>
/// <param name="Hints">What it was told and has not come to yet.</param>
internal sealed record KeeperState(KeptGrains Kept, ShardMemories Memories, GrainHints Hints);
