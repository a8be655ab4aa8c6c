using Holdfast.Primitives;

namespace Holdfast.Simulation.Histories;

/// <summary>
/// Checks a history against the invariants of ownership: 1, no epoch of a grain has two owners; 2, a guard accepts no
/// lower epoch than it has seen; 3, within a memory epochs only grow, and what changed in the memory that is left is
/// announced, each kind of change of a shard in its order; 5, under an election's token nothing is done once a newer
/// one is installed; 6, a memory that forgot what it had acknowledged was noticed.
/// </summary>
public static class OwnershipChecker
{
    private const string Released = "GrainReleased";

    /// <summary>What is wrong, each in a sentence that begins with the number of the invariant.</summary>
    /// <param name="history">What was told.</param>
    /// <param name="left">
    /// The memory that each shard has at the end, and how far it has come: what was told since
    /// <see cref="OwnershipHistory.Ends"/> and changed later need not be announced.
    /// </param>
    public static IReadOnlyList<string> Check(OwnershipHistory history, IReadOnlyList<MemoryPoint> left) =>
    [
        .. TwoOwners(history.Owners),
        .. LowerWrites(history.Decisions),
        .. FallingEpochs(history),
        .. Unannounced(history, left),
        .. UntoldReleases(history, left),
        .. Untold(history),
        .. OutOfOrder(history),
        .. LateGrants(history.Grants),
        .. Unnoticed(history),
    ];

    private static IEnumerable<string> TwoOwners(IReadOnlyList<OwnerTold> told) => told
        .GroupBy(one => (one.Grain, one.Epoch))
        .Select(same => (same.Key, Owners: same.Select(one => (one.Cluster, one.Holder)).Distinct().ToList()))
        .Where(same => same.Owners.Count > 1)
        .Select(same => $"1: {same.Key.Grain} has {same.Owners.Count} owners under {same.Key.Epoch}: " +
            string.Join(", ", same.Owners.Select(owner => $"{owner.Cluster}/{owner.Holder}")));

    private static IEnumerable<string> LowerWrites(IReadOnlyList<GuardDecided> decisions)
    {
        var highest = new Dictionary<GrainId, Epoch>();
        foreach (var decision in decisions.Where(decision => decision.IsAccepted))
        {
            var seen = highest.GetValueOrDefault(decision.Grain);
            if (decision.Epoch < seen)
                yield return $"2: a write of {decision.Grain} under {decision.Epoch} was accepted after {seen}";
            else highest[decision.Grain] = decision.Epoch;
        }
    }

    // The sequence of the answer is that of the memory after the call, so equal ones are of the same state. What was
    // forgotten is no part of the memory that goes on.
    private static IEnumerable<string> FallingEpochs(OwnershipHistory history) =>
        from same in history.Owners
            .Select((one, at) => (One: one, Forgotten: IsForgotten(one, at, history.SetBack)))
            .GroupBy(told => (told.One.Grain, told.One.At.Shard, told.One.At.Gen, told.Forgotten), told => told.One)
        let ordered = same.OrderBy(one => one.At.Seq).ToList()
        from pair in ordered.Zip(ordered.Skip(1))
        where pair.First.At.Seq < pair.Second.At.Seq && pair.Second.Epoch < pair.First.Epoch
        select $"3: {same.Key.Grain} fell from {pair.First.Epoch} to {pair.Second.Epoch} in memory {same.Key.Gen} " +
            $"of shard {same.Key.Shard}";

    private static bool IsForgotten(OwnerTold told, int at, IReadOnlyList<(MemoryPoint To, int ToldBefore)> setBack) =>
        setBack.Any(back => at < back.ToldBefore && told.At.IsBeyond(back.To));

    private static IEnumerable<string> Unannounced(
        OwnershipHistory history, IReadOnlyList<MemoryPoint> left) => history.Owners
        .Where((one, at) => one.IsChange && IsIn(left, one.At, isLate: at >= history.OwnersBeforeEnd))
        .Where(one => !history.IsAnnounced(one.Grain, one.Epoch))
        .Select(one => $"3: nobody announced that {one.Grain} is owned under {one.Epoch}");

    private static IEnumerable<string> UntoldReleases(OwnershipHistory history, IReadOnlyList<MemoryPoint> left)
    {
        var told = history.Heard.Where(heard => heard.Event == Released)
            .Select(heard => (heard.Grain, heard.Epoch)).ToHashSet();
        return history.Releases
            .Where((one, at) => IsIn(left, one.At, isLate: at >= history.ReleasesBeforeEnd))
            .Where(one => !told.Contains((one.Grain, one.Epoch)))
            .Select(one => $"3: nobody announced that {one.Grain} is released under {one.Epoch}");
    }

    // What was told before the look and is beyond it was not later: the shard has forgotten it, and kept its gen.
    private static bool IsIn(IReadOnlyList<MemoryPoint> left, MemoryPoint at, bool isLate) =>
        left.Any(end => (end.Shard, end.Gen) == (at.Shard, at.Gen) && (!isLate || at.Seq <= end.Seq));

    private static IEnumerable<string> Untold(OwnershipHistory history) => history.Remembered
        .Except(history.Heard)
        .Select(one => $"3: shard {one.Shard} remembers {one.Event} of {one.Grain} under {one.Epoch} as its change " +
            $"{one.Seq}, and nobody told");

    // Only of what is left: what was forgotten may have been told before what took its place.
    private static IEnumerable<string> OutOfOrder(OwnershipHistory history)
    {
        var remembered = history.Remembered.ToHashSet();
        var last = new Dictionary<(string Event, int Shard), ulong>();
        foreach (var one in history.Heard.Where(remembered.Remove))
        {
            var before = last.GetValueOrDefault((one.Event, one.Shard));
            if (one.Seq < before)
                yield return $"3: {one.Event} of change {one.Seq} of shard {one.Shard} was told after that of {before}";
            last[(one.Event, one.Shard)] = one.Seq;
        }
    }

    private static IEnumerable<string> LateGrants(IReadOnlyList<GrantUsed> grants) =>
        from late in grants
        where !late.IsInstallation
        from newer in grants
        where newer.IsInstallation && newer.Election == late.Election && newer.Token > late.Token &&
            (newer.At.Shard, newer.At.Gen) == (late.At.Shard, late.At.Gen) && newer.Ended.Value < late.Began.Value
        select $"5: shard {late.At.Shard} did something under {late.Token} of {late.Election} after {newer.Token} " +
            "was installed";

    private static IEnumerable<string> Unnoticed(OwnershipHistory history)
    {
        var noticed = history.Noticed.ToHashSet();
        return
            from told in history.Forgotten
            where !noticed.Contains((told.At.Shard, told.At.Gen))
            select $"6: shard {told.At.Shard} forgot {told.Grain} under {told.Epoch} (memory {told.At.Gen} at " +
                $"{told.At.Seq}), and nobody noticed";
    }
}
