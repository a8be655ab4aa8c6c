using StackExchange.Redis;

namespace Holdfast.Directory.Redis;

/// <summary>Moving what an unreachable cluster owned.</summary>
public sealed partial class RedisGrainDirectory
{
    private protected override async Task<PromoteAnswer> PromotePartAsync(
        PromoteCall call, CancellationToken cancel)
    {
        RedisValue[] arguments =
        [
            call.Election.Value, Text(call.Token), call.From.Value, call.Election.Scope, ScanCursor(call.Cursor),
            call.Cause, _options.GrainsPerPromotion(call.GrainsMax), Text(call.Types),
            call.LivingBefore?.ToString() ?? "", Milliseconds(call.KeptFor),
            .. call.LivingSessions.Select(session => (RedisValue)session.ToString()),
        ];
        var reply = await ChangeAsync(RedisScript.Promote, call.Shard, cancel, arguments);
        if (reply.Status != DirectoryStatus.Ok)
            return new PromoteAnswer(reply.Status, 0, 0, 0, 0, 0, null, reply.Bound, reply.Version);
        TellMalformed(call.Shard, $"cluster {call.From}", reply.Number(3));
        return new PromoteAnswer(
            reply.Status,
            (int)reply.Number(0),
            (int)reply.Number(1),
            (int)reply.Number(2),
            (int)reply.Number(3),
            reply.Number(4),
            reply.Text(5) is { Length: > 0 } next ? next : null,
            reply.Bound,
            reply.Version)
        {
            Skipped = (int)reply.Number(6),
        };
    }

    private static string Text(GrainTypeFilter? filter) =>
        filter is null ? "" : (filter.IsOnly ? "+" : "-") + string.Join(' ', filter.Types);

    private static RedisValue Milliseconds(TimeSpan? kept) => kept is { } time ? (long)time.TotalMilliseconds : "";
}
