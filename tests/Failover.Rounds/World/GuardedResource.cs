using Holdfast.Client;
using Holdfast.Primitives;
using Holdfast.Simulation.Histories;

namespace Holdfast.Failover.Rounds.World;

/// <summary>What owners write to: guarded by epochs, unless it has the mistake that the checks must find.</summary>
internal sealed class GuardedResource(OwnershipHistory history, bool ignoresEpochs)
{
    private readonly EpochGate _gate = new();
    private long _accepted;
    private long _refused;

    public long Accepted => Interlocked.Read(ref _accepted);

    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Whether the write was done.</summary>
    public bool Write(GrainId grain, Epoch epoch)
    {
        var passed = ignoresEpochs ? Accept() : _gate.Guard(grain.ToString(), epoch, Accept, out _).Passed;
        if (!passed) Interlocked.Increment(ref _refused);
        return passed;

        bool Accept()
        {
            history.Decided(new GuardDecided(grain, epoch, IsAccepted: true));
            Interlocked.Increment(ref _accepted);
            return true;
        }
    }
}
