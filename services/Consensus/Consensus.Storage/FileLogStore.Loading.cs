using System.Globalization;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Storage;

/// <content>What a start reads, and what it does about damage.</content>
public sealed partial class FileLogStore
{
    /// <summary>What to do about a log that is damaged before its end; by itself the start is refused.</summary>
    public CorruptionPolicy Policy { get; init; }

    /// <summary>The damage that the last start found and went on from; null without any.</summary>
    public LogDamage? Damage { get; private set; }

    /// <inheritdoc/>
    /// <exception cref="LogCorruptException">
    /// The log is damaged before its end, and the policy, or the kind of damage, lets nobody go on from it.
    /// </exception>
    /// <exception cref="LaterFormatException">A newer program wrote here; nothing was changed.</exception>
    public DurableState Load()
    {
        Invariant.Holds(_segment is null);
        LogCorruptException? found = null;
        while (true)
        {
            try
            {
                var loaded = LoadOnce();
                if (found is not null)
                    Damage = new LogDamage(found.File, found.Offset, found.What, _last.Index);
                return loaded;
            }
            catch (LogCorruptException damage) when (DamagedLog.MayGoOn(Policy, damage.File) && HasVote)
            {
                // Each time there is a file less, or one that ends before its damage.
                found ??= damage;
                SetAside(damage);
            }
        }
    }

    // Who knows neither term nor vote may have promised anything: nothing can be gone on from.
    private bool HasVote => _disk.Exists(_directory.PathOf(HardStateFile.Name));

    private DurableState LoadOnce()
    {
        NewLife.DemandFinished(_disk, _directory.Path);
        var (state, lostIn) = ReadState();
        var snapshot = _snapshots.Load();
        var replay = new LogReplay(snapshot);
        var numbers = SegmentNumbers();
        DemandLog(numbers, lostIn);
        foreach (var number in numbers)
        {
            if (_segment is not null) KeepAsOlder();
            _segment = Segment.Read(
                _disk, Segment.PathOf(_directory.Path, number), number, number == numbers[^1], replay);
            _highest = replay.TakeHighest();
        }

        replay.End();
        _last = replay.Last;
        if (_last.Term > state.Term)
            throw new LogCorruptException(
                _directory.PathOf(HardStateFile.Name), 0, $"the log holds term {_last.Term}, this {state.Term}");
        FlushWhatWasRead(numbers, snapshot);
        if (replay.IsVoid) BeginAnew(_last);
        else if (_segment is { IsOlderFormat: true }) BeginNextSegment();
        _segment ??= CreateSegment(1);
        KeepState(state, lostIn is not null);
        return new DurableState(state, replay.Entries, snapshot) { LostIn = lostIn };
    }

    /// <summary>
    /// Term and vote, and the term in which a part of the log was found lost. Where the vote says that one was and the
    /// file that says when is gone, that counts for the newest term, as when it cannot be read.
    /// </summary>
    private (HardState State, Term? LostIn) ReadState()
    {
        var (state, isRecovering) = HardStateFile.Read(_disk, _directory.PathOf(HardStateFile.Name));
        var lostIn = RecoveryFile.Read(_disk, _directory.PathOf(RecoveryFile.Name), state.Term);
        if (lostIn is not null && !HasVote)
        {
            throw new LogCorruptException(
                _directory.PathOf(HardStateFile.Name), 0, "a part of the log was lost, and the vote is missing");
        }

        return (state, lostIn ?? (isRecovering ? state.Term : null));
    }

    /// <summary>
    /// A first start begins a segment before it writes a vote, and a new one is there before an old one goes. So where
    /// there is a vote and no segment, all of the log is lost.
    /// </summary>
    private void DemandLog(List<ulong> numbers, Term? lostIn)
    {
        if (numbers.Count > 0 || lostIn is not null || !HasVote) return;
        throw new LogCorruptException(
            Segment.PathOf(_directory.Path, 1), 0, "there is a vote, but no segment of the log");
    }

    /// <summary>
    /// While something is lost the vote says so, also where the loss was found by a program that did not write it.
    /// </summary>
    private void KeepState(HardState state, bool isRecovering)
    {
        (_state, _isRecovering) = (state, isRecovering);
        var path = _directory.PathOf(HardStateFile.Name);
        if (isRecovering && !HardStateFile.Read(_disk, path).IsRecovering)
            HardStateFile.Write(_disk, path, state, isRecovering: true);
    }

    /// <summary>
    /// That something was lost is durable before it is. The term is the newest: an earlier loss, of which not all is
    /// there again, is a part of this one.
    /// </summary>
    private void SetAside(LogCorruptException damage)
    {
        _segment?.Dispose();
        _segment = null;
        _older.Clear();
        _highest = LogIndex.Zero;
        var vote = _directory.PathOf(HardStateFile.Name);
        var (state, _) = HardStateFile.Read(_disk, vote);
        RecoveryFile.Write(_disk, _directory.PathOf(RecoveryFile.Name), state.Term);
        HardStateFile.Write(_disk, vote, state, isRecovering: true);
        DamagedLog.SetAside(_disk, _directory.Path, damage.File, damage.Offset);
    }

    /// <summary>
    /// A process that was killed between a write and its flush, or between a rename and that of the directory, leaves
    /// its work in the page cache: it reads like durable, and is lost with the power. What the node is told it holds,
    /// it acknowledges, so all of it is flushed first; also the older segments, which may be a copy made just now.
    /// </summary>
    private void FlushWhatWasRead(List<ulong> numbers, SnapshotInfo? snapshot)
    {
        if (snapshot is { } taken) _flush(_snapshots.PathOf(taken.Index));
        foreach (var number in numbers) _flush(Segment.PathOf(_directory.Path, number));
        var state = _directory.PathOf(HardStateFile.Name);
        if (_disk.Exists(state)) _flush(state);
        _flush(_directory.Path);
    }

    private List<ulong> SegmentNumbers()
    {
        var numbers = new List<ulong>();
        foreach (var path in _disk.FilesIn(_directory.Path, Segment.Extension))
        {
            var name = Path.GetFileNameWithoutExtension(path);
            if (!ulong.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                throw new LogCorruptException(path, 0, "its name is no segment's");
            numbers.Add(number);
        }

        numbers.Sort();
        for (var i = 0; i < numbers.Count; i++)
        {
            var expected = numbers[0] + (ulong)i;
            if (numbers[i] != expected)
                throw new LogCorruptException(Segment.PathOf(_directory.Path, expected), 0, "the segment is missing");
        }

        return numbers;
    }
}
