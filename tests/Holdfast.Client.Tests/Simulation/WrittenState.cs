using Holdfast.Primitives;

namespace Holdfast.Client.Tests.Simulation;

/// <summary>
/// Where the state of all grains is, as one number each that every write raises by one. Fenced ones are guarded by
/// their epochs; of each write that goes through must hold that it goes on from the state before it.
/// </summary>
internal sealed class WrittenState(KeeperSimulation world)
{
    private readonly Dictionary<GrainId, Epoch> _highest = [];
    private readonly Dictionary<GrainId, Epoch> _written = [];
    private readonly Dictionary<GrainId, long> _versions = [];

    public long Writes { get; private set; }

    public long Refused { get; private set; }

    /// <summary>Reads the state for a new owner, whose epoch is the highest from then on. False: it is not.</summary>
    public bool TryOpen(GrainId grain, Epoch epoch, out long version)
    {
        version = _versions.GetValueOrDefault(grain);
        return grain.Type == KeeperSimulation.LeasedType || Passes(grain, epoch);
    }

    public bool TryWrite(GrainId grain, Epoch epoch, long version, out long written)
    {
        written = _versions.GetValueOrDefault(grain) + 1;
        if (!Passes(grain, epoch)) return false;
        epoch.ShouldBeGreaterThanOrEqualTo(
            _written.GetValueOrDefault(grain), $"A lower write of {grain} went through.");
        (version + 1).ShouldBe(written, $"A write of {grain} went through that goes on from an old state.");
        (_written[grain], _versions[grain]) = (epoch, written);
        Writes++;
        return true;
    }

    public long WriteUnguarded(GrainId grain, long version)
    {
        var written = _versions[grain] = _versions.GetValueOrDefault(grain) + 1;

        // What the directory forgot others may claim: a limit that is documented.
        if (!world.LosesMemory) (version + 1).ShouldBe(written, $"{grain} was written by two on one lease.");
        Writes++;
        return written;
    }

    private bool Passes(GrainId grain, Epoch epoch)
    {
        if (epoch >= _highest.GetValueOrDefault(grain))
        {
            _highest[grain] = epoch;
            return true;
        }

        Refused++;
        return world.Mistake == KeeperMistake.ResourceIsBlind;
    }
}
