using Holdfast.Directory.Changes;
using Holdfast.Directory.Embedded;
using Holdfast.Directory.Redis;
using Holdfast.Directory.Tests.Redis;
using StackExchange.Redis;

namespace Holdfast.Directory.Tests.Exploration;

/// <summary>A directory of one shard whose memory is in our hands.</summary>
internal abstract class Explored
{
    public abstract IGrainDirectory Directory { get; }

    /// <summary>Puts a record there unannounced.</summary>
    public abstract Task PlantAsync(GrainRecord record);

    /// <summary>Lets something become of its memory; a reopening is a call and none of these.</summary>
    public abstract Task LoseAsync(Loss loss);
}

internal sealed class EmbeddedExplored(EmbeddedGrainDirectory directory) : Explored
{
    private ShardMemory _memory = new();

    public override IGrainDirectory Directory => directory;

    public override Task PlantAsync(GrainRecord record)
    {
        directory.Plant(record);
        return Task.CompletedTask;
    }

    public override Task LoseAsync(Loss loss)
    {
        if (loss == Loss.Remember) _memory = directory.Remember(0);
        if (loss == Loss.Forget) directory.Forget(0);
        if (loss == Loss.RollBack) directory.RollBack(0, _memory);
        if (loss == Loss.Restart) directory.Restart(0);
        return Task.CompletedTask;
    }
}

internal sealed class RedisExplored(RedisGrainDirectory directory, RedisFixture redis) : Explored
{
    private IReadOnlyList<KeyValuePair<RedisKey, byte[]>> _memory = [];
    private int _restarts;
    private int _rememberedIn;

    public override IGrainDirectory Directory => directory;

    public override async Task PlantAsync(GrainRecord record)
    {
        var admin = await redis.AdminAsync();
        await admin.HashSetAsync("{hf:00}:rec", record.Grain.ToString(), RecordText.Write(record));
        await admin.SetAddAsync($"{{hf:00}}:own:{record.Cluster}", record.Grain.ToString());
    }

    public override async Task LoseAsync(Loss loss)
    {
        if (loss == Loss.Remember) (_memory, _rememberedIn) = (await redis.RememberAsync(), _restarts);
        if (loss == Loss.Forget) await redis.ForgetAsync();
        if (loss == Loss.RollBack) await redis.RollBackAsync(_memory);
        if (loss == Loss.Restart) _restarts++;

        // The process stays; what it remembers of the one before is what a restart leaves.
        if (loss == Loss.Restart || (loss == Loss.RollBack && _rememberedIn != _restarts))
            await redis.LookRestartedAsync();
    }
}
