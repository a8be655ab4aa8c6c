using Holdfast.Directory;

namespace Holdfast.Cli.Status;

/// <summary>Asks every shard of the directory how it is, where one is configured.</summary>
internal static class DirectoryProbe
{
    public static async Task<DirectoryPart?> AskAsync(ToolRun run, CancellationToken cancel)
    {
        if (run.Settings.Directory is null) return null;
        try
        {
            var directory = run.Directory;
            var shards = await Task.WhenAll(
                Enumerable.Range(0, directory.Shards).Select(shard => directory.ShardAsync(shard, cancel)));
            if (shards.FirstOrDefault(shard => shard.Status == DirectoryStatus.WrongFormat) is not null)
            {
                return new DirectoryPart
                {
                    Shards = directory.Shards,
                    Problem = $"it has another format, or another number of shards than {directory.Shards} " +
                        "(--directory-shards).",
                };
            }

            return new DirectoryPart
            {
                Shards = directory.Shards,
                Open = shards.Count(shard => shard.Status == DirectoryStatus.Ok && !IsNotConfirmed(shard)),
                WindowsOpen = Those(shards, shard => shard.Status == DirectoryStatus.Reasserting),
                ShardsLost = Those(shards, shard => shard.Status == DirectoryStatus.ShardLost),
                NotConfirmed = Those(shards, IsNotConfirmed),
            };
        }
        catch (DirectoryUnavailableException away)
        {
            return new DirectoryPart { Problem = away.Message };
        }
    }

    private static bool IsNotConfirmed(ShardAnswer shard) =>
        shard.Status is DirectoryStatus.Ok or DirectoryStatus.Reasserting && shard.Run != shard.Process;

    private static int[] Those(ShardAnswer[] shards, Func<ShardAnswer, bool> which) =>
        [.. shards.Where(which).Select(shard => shard.Shard)];
}
