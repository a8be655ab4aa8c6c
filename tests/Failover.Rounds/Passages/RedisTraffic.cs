using Holdfast.Failover.Rounds.Checks;

namespace Holdfast.Failover.Rounds.Passages;

/// <summary>
/// Redis' protocol. Steps are the scripts that work under a grant; what the shards answered them goes into the ledger.
/// </summary>
internal sealed class RedisTraffic(GrantLedger ledger) : ITraffic
{
    private readonly Lock _lock = new();
    private readonly Queue<GrantCall?> _asked = new();

    // One for each way.
    private readonly List<string> _words = [];
    private readonly List<string> _texts = [];

    public (int Length, SweepStep? Step) Asked(ReadOnlySpan<byte> bytes)
    {
        var length = Resp.Read(bytes, _words);
        if (length == 0) return (0, null);
        var call = GrantCall.TryRead(_words, ledger.Now());
        lock (_lock) _asked.Enqueue(call);
        return (length, call?.Step);
    }

    public (int Length, SweepStep? Step) Answered(ReadOnlySpan<byte> bytes)
    {
        var length = Resp.Read(bytes, _texts);
        if (length == 0) return (0, null);
        GrantCall? call;
        lock (_lock)
        {
            // What is pushed to a subscriber answers nothing.
            if (!_asked.TryDequeue(out call)) return (length, null);
        }

        if (call is null) return (length, null);
        ledger.Answered(call, _texts);
        call.Step.End(_texts[0]);
        return (length, call.Step);
    }

    public void End()
    {
        lock (_lock)
            foreach (var call in _asked) call?.Step.End();
    }
}
