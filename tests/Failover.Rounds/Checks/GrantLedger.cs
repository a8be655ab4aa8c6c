using System.Globalization;
using System.Reflection;
using Holdfast.Directory.Redis;
using Holdfast.Failover.Rounds.Passages;
using Holdfast.Simulation.Histories;

namespace Holdfast.Failover.Rounds.Checks;

/// <summary>What the shards answered to the processes that called them under a grant. Thread-safe.</summary>
internal sealed class GrantLedger
{
    // What every script answers first: status, gen, sequence; after all that is common, a promotion, how many moved.
    private const int GenAt = 1;
    private const int SeqAt = 2;

    private static readonly int PromotedAt = CommonParts();

    private readonly Lock _lock = new();
    private readonly List<CarriedOut> _carriedOut = [];
    private OwnershipHistory _history = new();
    private int _refused;
    private long _now;

    /// <summary>Calls that a shard refused because of their token, since the round began.</summary>
    public int Refused
    {
        get
        {
            lock (_lock) return _refused;
        }
    }

    /// <summary>Calls that were carried out since the round began.</summary>
    public IReadOnlyList<CarriedOut> CarriedOut
    {
        get
        {
            lock (_lock) return [.. _carriedOut];
        }
    }

    /// <summary>A new round, with a history of its own.</summary>
    public void Begin(OwnershipHistory history)
    {
        lock (_lock)
        {
            (_history, _refused) = (history, 0);
            _carriedOut.Clear();
        }
    }

    /// <summary>A moment after all that were taken before, in this round or an earlier one.</summary>
    public Moment Now() => new(Interlocked.Increment(ref _now));

    /// <summary>A shard answered.</summary>
    public void Answered(GrantCall call, IReadOnlyList<string> answer)
    {
        lock (_lock)
        {
            switch (answer[0])
            {
                case "ok":
                    var seq = ulong.Parse(answer[SeqAt], CultureInfo.InvariantCulture);
                    _history.Used(new GrantUsed(
                        call.Election,
                        call.Token,
                        new MemoryPoint(call.Shard, answer[GenAt], seq),
                        call.Work == GrantWork.Install,
                        call.Began,
                        Now()));
                    _carriedOut.Add(new CarriedOut(
                        call,
                        call.Work == GrantWork.Promote
                            ? int.Parse(answer[PromotedAt], CultureInfo.InvariantCulture)
                            : 0));
                    break;
                case "grantSuperseded" or "belowFloor":
                    _refused++;
                    break;
            }
        }
    }

    /// <summary>As the directory itself knows it, which shows it to nobody.</summary>
    private static int CommonParts()
    {
        var reply = typeof(RedisGrainDirectory).Assembly.GetType(
            "Holdfast.Directory.Redis.ScriptReply", throwOnError: true)!;
        var parts = reply.GetField("CommonParts", BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public) ??
            throw new InvalidOperationException($"{reply} does not say any more how many parts all answers have.");
        return (int)parts.GetRawConstantValue()!;
    }
}

/// <summary>A call that a shard carried out.</summary>
/// <param name="Call">The call.</param>
/// <param name="Promoted">Grains that it moved.</param>
internal sealed record CarriedOut(GrantCall Call, int Promoted);
