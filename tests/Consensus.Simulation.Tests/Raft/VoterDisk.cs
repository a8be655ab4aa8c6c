using System.Buffers;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Storage;
using Holdfast.Primitives;
using Holdfast.Simulation;

namespace Holdfast.Consensus.Simulation.Tests.Raft;

/// <summary>
/// A voter's disk: the real store with its real formats on a simulated disk. A write happens when its flush ends; a
/// crash before that lets the process end at any step of it, or after it and before anybody heard.
/// </summary>
internal sealed class VoterDisk(NodeId voter, Chance chance, SimulationOptions options)
{
    private const string DataDirectory = "/data";

    // Enough for the steps of a large group: what is not reached means that the whole group was written.
    private const int StepsMax = 16;

    private readonly DurableShadow _promised = new();

    // What it had promised before each flip since it last had everything.
    private readonly List<DurableShadow> _lost = [];
    private FileLogStore? _store;
    private IReadOnlyList<Persistence> _interrupted = [];

    public SimulatedDisk Files { get; } = new(chance.Stream("disk"));

    // A bit flipped, and no start has found it yet.
    private bool _isDamageNew;

    /// <summary>A bit of it flipped, and the voter has not got back what it lost by that.</summary>
    public bool IsDamaged { get; private set; }

    /// <summary>
    /// Whether this entry is there after every crash. One that was there before a bit flipped counts as if it were, as
    /// long as its voter must not help anybody to be elected without it.
    /// </summary>
    public bool HasDurable(LogIndex index, Term term) =>
        _promised.Has(index, term) || (IsDamaged && _lost.Exists(lost => lost.Has(index, term)));

    /// <exception cref="ProcessEndedException">The process ended at a step of the start.</exception>
    /// <exception cref="LogCorruptException">A bit flipped.</exception>
    public DurableState Load(bool mayEnd)
    {
        if (mayEnd) Files.EndAfter(chance.Next(StepsMax));
        _store = FileLogStore.Open(
            new StoreFiles(Files),
            DataDirectory,
            voter.Value,
            options.SegmentBytes,
            options.TrustsTheCacheAtLoad ? Trust : Files.Flush,
            () => (uint)chance.NextInt64(),
            options.Policy);
        var loaded = _store.Load();
        Files.EndAfter(int.MaxValue);
        if (_isDamageNew && loaded.LostIn is not null) _promised.Forget(voter, loaded);
        else _promised.Loaded(voter, loaded, _interrupted);
        SetDamaged(loaded.LostIn is not null);
        (_isDamageNew, _interrupted) = (false, []);
        return loaded;
    }

    /// <exception cref="StorageFailedException">The disk is full, or did not flush; the process must end.</exception>
    public void Write(IReadOnlyList<Persistence> group)
    {
        try
        {
            _store!.Write(group);
        }
        catch (StorageFailedException)
        {
            if (!options.IgnoresFailedFlush)
            {
                _interrupted = group;
                throw;
            }
        }

        _promised.Wrote(group);
        if (group.Any(static write => write.IsRecovered)) SetDamaged(false);
    }

    public SnapshotInfo Save(SnapshotMark mark, Action<IBufferWriter<byte>> write)
    {
        var snapshot = _store!.Snapshots.Save(mark, write);
        _promised.Saved(snapshot);
        return snapshot;
    }

    public ReadOnlyMemory<byte>? TryRead(SnapshotInfo snapshot, long offset, int bytesMax) =>
        _store!.Snapshots.TryRead(snapshot, offset, bytesMax);

    public byte[]? TryReadAll(SnapshotInfo snapshot) => _store!.Snapshots.TryReadAll(snapshot);

    /// <summary>The process ends, in the middle of what it was writing.</summary>
    /// <param name="losesPower">The machine ends with it, and its cache.</param>
    /// <param name="writing">The group that is being flushed.</param>
    /// <param name="saving">The snapshot that is being saved.</param>
    public void Crash(bool losesPower, IReadOnlyList<Persistence> writing, Action? saving)
    {
        Files.EndAfter(chance.Next(StepsMax));
        if (saving is not null && chance.Next(2) == 0) UntilEnd(saving);
        if (writing.Count > 0)
        {
            UntilEnd(() => _store!.Write(writing));
            _interrupted = writing;
        }

        if (losesPower || Files.FailsFlushes) Files.LosePower();
        else Files.Kill();
        _store = null;
    }

    /// <summary>
    /// A bit of what the store must notice flips: not in the newest segment, whose end may as well be a torn write.
    /// </summary>
    public bool TryFlipBit()
    {
        var paths = Files.Paths.Where(static path => path.EndsWith(Segment.Extension, StringComparison.Ordinal))
            .SkipLast(1)
            .Concat(Files.Paths.Where(path => options.Policy == CorruptionPolicy.ContinueFromPeers &&
                path.EndsWith(FileSnapshotStore.Extension, StringComparison.Ordinal)))
            .Append(Path.Combine(DataDirectory, HardStateFile.Name))
            .Where(path => Files.Exists(path) && Files.LengthOf(path) > 0)
            .ToList();
        if (paths.Count == 0) return false;
        var flipped = chance.Pick(paths);
        (IsDamaged, _isDamageNew) = (true, true);
        _lost.Add(_promised.Copy());
        Files.FlipBit(flipped, chance.NextInt64(Files.LengthOf(flipped)), chance.Next(8));
        return true;
    }

    private void SetDamaged(bool isDamaged)
    {
        IsDamaged = isDamaged;
        if (!isDamaged) _lost.Clear();
    }

    private static void Trust(string path)
    {
        // The mistake: what is read is taken for durable.
    }

    private static void UntilEnd(Action act)
    {
        try
        {
            act();
        }
        catch (Exception ended) when (ended is ProcessEndedException or StorageFailedException)
        {
            // It got as far as it got.
            return;
        }
    }
}
