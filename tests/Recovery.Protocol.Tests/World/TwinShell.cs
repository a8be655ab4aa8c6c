using Holdfast.Primitives;

namespace Holdfast.Recovery.Protocol.Tests.World;

/// <summary>
/// A Recovery whose calls take no time: what a step asks for is answered before anything else happens, unless it is
/// held back.
/// </summary>
internal sealed class TwinShell(TwinWorld world, ClusterId cluster, RecoveryOptions options)
{
    private const int StepsAtOnceMax = 1_000;

    private readonly Queue<RecoveryInput> _inputs = new();
    private readonly List<GroupCall> _held = [];
    private readonly List<GroupCall> _late = [];
    private Token _grant;

    public ClusterId Cluster { get; } = cluster;

    public RecoveryMachine Machine { get; private set; } = new(cluster, options, new Random(7));

    public Instant? WakeAt { get; private set; } = Instant.Zero;

    /// <summary>Calls are carried out only when they are released.</summary>
    public bool IsHeld { get; set; }

    /// <summary>What this Recovery gets wrong; its world is watched for what that leads to.</summary>
    public Fault Fault { get; init; } = Fault.None;

    public void Post(RecoveryInput input) => _inputs.Enqueue(Fault.Hear(input));

    public void Elect()
    {
        _grant = world.Consensus.Mint();
        Post(new RecoveryInput.GrantHeld(_grant));
    }

    public void Depose()
    {
        _grant = Token.None;
        Post(new RecoveryInput.GrantLost());
    }

    /// <summary>The process starts again, and knows nothing.</summary>
    public void Restart()
    {
        _inputs.Clear();
        _late.AddRange(_held);
        _held.Clear();
        Machine = new RecoveryMachine(Cluster, options, new Random(8));
        WakeAt = Instant.Zero;
    }

    /// <summary>Held calls are carried out; of those of an earlier process nobody hears the answer.</summary>
    public void Release()
    {
        IsHeld = false;
        foreach (var call in _late) world.Directory.Answer(call, Cluster);
        _late.Clear();
        foreach (var call in _held.ToArray()) Post(Ended(call));
        _held.Clear();
    }

    public void Settle(Instant now)
    {
        for (var steps = 0; _inputs.TryDequeue(out var input); steps++)
        {
            steps.ShouldBeLessThan(StepsAtOnceMax, $"{Cluster} goes on for ever with {input}");
            Step(input, now);
        }
    }

    /// <summary>Takes a report and answers it.</summary>
    public IReadOnlyList<SlotOrder>? Hear(HostReport report, Instant now)
    {
        Settle(now);
        var orders = Step(Fault.Hear(new RecoveryInput.Reported(report)), now).Orders;
        Settle(now);
        return orders is { } known ? known : null;
    }

    public RecoveryOutput Step(RecoveryInput input, Instant now)
    {
        var output = Machine.Step(input, now);
        WakeAt = output.WakeAt;
        if (output.Observe)
        {
            if (world.Consensus.IsDeaf) Post(new RecoveryInput.ObserveFailed());
            else Observe(world.Consensus.Observe());
        }

        if (output.AdvanceElection) Post(Advanced());
        foreach (var call in output.Calls)
        {
            if (call is GroupCall.Put put) world.DemandItCameUp(put);
            if (IsHeld) _held.Add(call);
            else world.Carry(() => Ended(call), Answer(Machine));
        }

        foreach (var nudge in output.Nudges) world.Nudge(nudge.Node, now);
        return output;
    }

    // A process that ended since hears nothing.
    private Action<RecoveryInput> Answer(RecoveryMachine asked) => input =>
    {
        if (Machine == asked) Post(input);
    };

    private void Observe(Observation seen)
    {
        foreach (var forged in Fault.Conclude(seen, world.Hosts.Where(host => host.Cluster == Cluster)))
            Post(new RecoveryInput.Reported(forged));
        Post(new RecoveryInput.Observed(Fault.See(seen, _grant, world)));
    }

    private RecoveryInput.CallEnded Ended(GroupCall call) => new(call, world.Directory.Answer(call, Cluster));

    private RecoveryInput Advanced()
    {
        if (_grant == Token.None || world.Consensus.IsDeaf) return new RecoveryInput.AdvanceFailed();
        _grant = world.Consensus.Mint();
        return new RecoveryInput.Advanced(_grant);
    }
}
