using Holdfast.Primitives;

namespace Holdfast.Simulation.Histories;

/// <summary>A moment in the order in which a history was recorded: it tells who ended before another began.</summary>
public readonly record struct Moment(long Value);

/// <summary>Which memory of a shard answered, and how far it had come.</summary>
public sealed record MemoryPoint(int Shard, string Gen, ulong Seq)
{
    /// <summary>Whether a shard that was made to know no more than the other has forgotten this.</summary>
    public bool IsBeyond(MemoryPoint to) => Shard == to.Shard && (Gen != to.Gen || Seq > to.Seq);
}

/// <summary>
/// Somebody was told that a grain has this owner under this epoch. No holder: a cluster inherited it, and nobody has
/// claimed it yet. A change is what is to be announced; a look, or a holder that tells again what it holds, is none.
/// </summary>
public sealed record OwnerTold(
    GrainId Grain, Epoch Epoch, ClusterId Cluster, SessionId? Holder, MemoryPoint At, bool IsChange);

/// <summary>
/// A change of a grain that events announce: as a shard remembers it, or as an event of this name told it.
/// </summary>
public sealed record GrainChanged(string Event, GrainId Grain, Epoch Epoch, int Shard, ulong Seq);

/// <summary>Somebody was told that a grain is released, under the epoch that its tombstone keeps.</summary>
public sealed record ReleaseTold(GrainId Grain, Epoch Epoch, MemoryPoint At);

/// <summary>A guarded resource was asked to write, in the order in which it decided.</summary>
public sealed record GuardDecided(GrainId Grain, Epoch Epoch, bool IsAccepted);

/// <summary>A call under an election's grant that a shard carried out.</summary>
public sealed record GrantUsed(
    ElectionName Election, Token Token, MemoryPoint At, bool IsInstallation, Moment Began, Moment Ended);

/// <summary>
/// What callers of a directory and of guarded resources were told, while the directory was made to lose its memory.
/// Thread-safe; the checker is <see cref="OwnershipChecker"/>.
/// </summary>
public sealed class OwnershipHistory
{
    private readonly Lock _lock = new();
    private readonly List<OwnerTold> _owners = [];
    private readonly List<GuardDecided> _decisions = [];
    private readonly List<GrantUsed> _grants = [];
    private readonly List<(MemoryPoint To, int ToldBefore)> _setBack = [];
    private readonly List<(int Shard, string Gen)> _noticed = [];
    private readonly HashSet<(GrainId Grain, Epoch Epoch)> _announced = [];
    private readonly List<ReleaseTold> _releases = [];
    private readonly List<GrainChanged> _remembered = [];
    private readonly List<GrainChanged> _heard = [];
    private int _ownersBeforeEnd = int.MaxValue;
    private int _releasesBeforeEnd = int.MaxValue;
    private long _now;

    public IReadOnlyList<OwnerTold> Owners => Read(_owners);

    public IReadOnlyList<ReleaseTold> Releases => Read(_releases);

    /// <summary>What the memories that are left remember in the end, of each shard in its order.</summary>
    public IReadOnlyList<GrainChanged> Remembered => Read(_remembered);

    /// <summary>What events told, in the order in which they came; repeats too.</summary>
    public IReadOnlyList<GrainChanged> Heard => Read(_heard);

    public IReadOnlyList<GuardDecided> Decisions => Read(_decisions);

    public IReadOnlyList<GrantUsed> Grants => Read(_grants);

    /// <summary>
    /// What each shard knew after it was made to lose its memory (gen empty: nothing), and how many of
    /// <see cref="Owners"/> had been told before.
    /// </summary>
    public IReadOnlyList<(MemoryPoint To, int ToldBefore)> SetBack => Read(_setBack);

    /// <summary>What somebody was told of a memory, and the shard was made to lose.</summary>
    public IEnumerable<OwnerTold> Forgotten => SetBack.SelectMany(
        back => Owners.Take(back.ToldBefore).Where(told => told.At.IsBeyond(back.To)));

    /// <summary>The losses that were published.</summary>
    public IReadOnlyList<(int Shard, string Gen)> Noticed => Read(_noticed);

    /// <summary>How many of <see cref="Owners"/> were told before <see cref="Ends"/>; all without it.</summary>
    public int OwnersBeforeEnd => Volatile.Read(ref _ownersBeforeEnd);

    /// <summary>The same of <see cref="Releases"/>.</summary>
    public int ReleasesBeforeEnd => Volatile.Read(ref _releasesBeforeEnd);

    public bool IsAnnounced(GrainId grain, Epoch epoch)
    {
        lock (_lock) return _announced.Contains((grain, epoch));
    }

    /// <summary>A moment after all that were taken before.</summary>
    public Moment Now() => new(Interlocked.Increment(ref _now));

    public void Told(OwnerTold told) => Add(_owners, told);

    public void Released(ReleaseTold told) => Add(_releases, told);

    public void Remembers(GrainChanged change) => Add(_remembered, change);

    public void Hears(GrainChanged change) => Add(_heard, change);

    public void Decided(GuardDecided decided) => Add(_decisions, decided);

    public void Used(GrantUsed used) => Add(_grants, used);

    /// <summary>
    /// What is told from here on may be of changes after the look at what is left, which is taken next; for systems
    /// that do not rest while they are looked at.
    /// </summary>
    public void Ends()
    {
        lock (_lock) (_ownersBeforeEnd, _releasesBeforeEnd) = (_owners.Count, _releases.Count);
    }

    /// <summary>A shard is made to know no more than this; said right before, or while it answers nobody.</summary>
    public void WasSetBack(MemoryPoint to)
    {
        lock (_lock) _setBack.Add((to, _owners.Count));
    }

    /// <summary>A loss of this memory was published.</summary>
    public void WasNoticed(int shard, string gen) => Add(_noticed, (shard, gen));

    /// <summary>An event said that the grain is owned under this epoch.</summary>
    public void WasAnnounced(GrainId grain, Epoch epoch)
    {
        lock (_lock) _announced.Add((grain, epoch));
    }

    private void Add<T>(List<T> to, T one)
    {
        lock (_lock) to.Add(one);
    }

    private T[] Read<T>(List<T> from)
    {
        lock (_lock) return [.. from];
    }
}
