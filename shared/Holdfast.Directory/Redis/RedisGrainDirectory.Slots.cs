using System.Globalization;
using Holdfast.Directory.Changes;
using Holdfast.Primitives;
using StackExchange.Redis;

namespace Holdfast.Directory.Redis;

/// <summary>The slots of groups.</summary>
public sealed partial class RedisGrainDirectory
{
    private protected override async Task<PutSlotsAnswer> PutSlotsPartAsync(
        int shard, PutSlotsCall call, CancellationToken cancel)
    {
        var arguments = call.Slots.SelectMany(write => new RedisValue[]
        {
            write.New.Slot.ToString(CultureInfo.InvariantCulture),
            write.Expected is { } expected ? RecordText.Epoch(expected) : "",
            SlotText.Write(write.New),
            write.Reason,
        });
        var reply = await ChangeAsync(
            RedisScript.PutSlots,
            shard,
            cancel,
            [
                call.Election.Value, Text(call.Token), call.Election.Scope, call.Group.Grain.ToString(),
                call.Group.Value, call.Kind, .. arguments,
            ]);
        var answers = reply.Texts(0).Chunk(3).Select(row =>
        {
            var slot = int.Parse(row[0], CultureInfo.InvariantCulture);
            var record = row[2].Length == 0 ? null : SlotText.TryRead(slot, row[2]);
            return new SlotAnswer(slot, StatusText.Read(row[1]), record);
        });
        return new PutSlotsAnswer(reply.Status, [.. answers], reply.Bound, reply.Version);
    }

    private protected override async Task<SlotPage> SlotsPartAsync(
        int shard, GroupId group, int first, CancellationToken cancel)
    {
        var reply = await RunAsync(
            RedisScript.Slots, shard, cancel, group.Value, first, DirectoryLimits.SlotsPerCallMax);
        var (records, unreadable) = (new List<SlotRecord>(), new List<int>());
        foreach (var row in reply.Texts(1).Chunk(2))
        {
            var slot = int.Parse(row[0], CultureInfo.InvariantCulture);
            if (SlotText.TryRead(slot, row[1]) is { } record) records.Add(record);
            else unreadable.Add(slot);
        }

        if (unreadable.Count > 0)
            Log.SlotsMalformed(_logger, unreadable.Count, group.Value, GrainShard.Name(shard));
        return new SlotPage(
            reply.Status,
            records,
            reply.Text(0) is { Length: > 0 } next ? int.Parse(next, CultureInfo.InvariantCulture) : null,
            reply.Version)
        {
            Unreadable = unreadable,
        };
    }
}
