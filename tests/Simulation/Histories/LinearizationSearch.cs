namespace Holdfast.Simulation.Histories;

/// <summary>
/// The search for one order. The calls and answers of the history are a list in the order of time. A call that stands
/// before the first answer in the list may take effect next; taking it removes it and its answer. When nothing can be
/// taken, the last one is put back. It ends well when no answer is left: what is still there is pending.
/// </summary>
internal sealed class LinearizationSearch<TState, TInput, TOutput>
    where TState : notnull
{
    private readonly ISequentialModel<TState, TInput, TOutput> _model;
    private readonly IReadOnlyList<Operation<TInput, TOutput>> _operations;
    private readonly Event _head;
    private readonly HashSet<Configuration> _seen = [];
    private int _answersLeft;
    private int _answersLeftMin = int.MaxValue;
    private Event? _stuckAt;

    public LinearizationSearch(
        ISequentialModel<TState, TInput, TOutput> model, IReadOnlyList<Operation<TInput, TOutput>> operations)
    {
        (_model, _operations) = (model, operations);
        _head = Link(operations);
        _answersLeft = operations.Count(static operation => !operation.IsPending);
    }

    public long Configurations { get; private set; }

    public (Judgement Judgement, string? Reason) Run(long configurationsMax)
    {
        var taken = new Stack<(Event Call, TState Before)>();
        var done = new BitRow(_operations.Count);
        var state = _model.Initial;
        var next = _head.Next;
        while (_answersLeft > 0)
        {
            if (next is { IsCall: true })
            {
                if (TryTake(next, state, done, out var after))
                {
                    if (Configurations > configurationsMax) return (Judgement.Undecided, null);
                    taken.Push((next, state));
                    state = after;
                    done = done.With(next.Operation);
                    Remove(next);
                    next = _head.Next;
                    continue;
                }

                next = next.Next;
                continue;
            }

            // An answer whose call has not taken effect, or the end: no call before it could be taken any more.
            if (_answersLeft < _answersLeftMin) (_answersLeftMin, _stuckAt) = (_answersLeft, next);
            if (taken.Count == 0) return (Judgement.NotLinearizable, Explain());
            (var last, state) = taken.Pop();
            done = done.Without(last.Operation);
            PutBack(last);
            next = last.Next;
        }

        return (Judgement.Linearizable, null);
    }

    private bool TryTake(Event call, TState state, BitRow done, out TState after)
    {
        var operation = _operations[call.Operation];
        (after, var output) = _model.Apply(state, operation.Input);
        if (!operation.IsPending && !EqualityComparer<TOutput>.Default.Equals(output, operation.Output)) return false;

        // A pending call that changes nothing explains nothing.
        if (operation.IsPending && EqualityComparer<TState>.Default.Equals(after, state)) return false;
        if (!_seen.Add(new Configuration(done.With(call.Operation), after))) return false;
        Configurations++;
        return true;
    }

    private string Explain()
    {
        if (_stuckAt is not { } answer) return "no call can be first";
        var stuck = _operations[answer.Operation];
        var beside = _operations
            .Where(other => other != stuck && other.CalledAt <= stuck.ReturnedAt &&
                (other.ReturnedAt is null || other.ReturnedAt >= stuck.CalledAt))
            .Take(8);
        return $"no order explains that {stuck}; beside it: {string.Join("; ", beside)}";
    }

    private static Event Link(IReadOnlyList<Operation<TInput, TOutput>> operations)
    {
        // At one instant calls come before answers: then the two overlap, which excludes less.
        var events = new List<(long At, bool IsAnswer, Event Event)>();
        for (var i = 0; i < operations.Count; i++)
        {
            var call = new Event(i) { IsCall = true };
            events.Add((operations[i].CalledAt.Ticks, false, call));
            if (operations[i].ReturnedAt is not { } returnedAt) continue;
            call.Answer = new Event(i);
            events.Add((returnedAt.Ticks, true, call.Answer));
        }

        var head = new Event(-1);
        var last = head;
        foreach (var (_, _, next) in events.OrderBy(static one => one.At).ThenBy(static one => one.IsAnswer))
        {
            (last.Next, next.Previous) = (next, last);
            last = next;
        }

        return head;
    }

    private void Remove(Event call)
    {
        Unlink(call);
        if (call.Answer is null) return;
        Unlink(call.Answer);
        _answersLeft--;
    }

    private void PutBack(Event call)
    {
        if (call.Answer is not null)
        {
            Relink(call.Answer);
            _answersLeft++;
        }

        Relink(call);
    }

    private static void Unlink(Event one)
    {
        one.Previous!.Next = one.Next;
        if (one.Next is not null) one.Next.Previous = one.Previous;
    }

    // In the reverse order of unlinking, its neighbours are those it had.
    private static void Relink(Event one)
    {
        one.Previous!.Next = one;
        if (one.Next is not null) one.Next.Previous = one;
    }

    private sealed class Event(int operation)
    {
        public int Operation { get; } = operation;

        public bool IsCall { get; init; }

        public Event? Answer { get; set; }

        public Event? Previous { get; set; }

        public Event? Next { get; set; }
    }

    private readonly record struct Configuration(BitRow Done, TState State);
}

/// <summary>A set of small numbers, compared by value.</summary>
internal sealed class BitRow : IEquatable<BitRow>
{
    private readonly ulong[] _bits;

    public BitRow(int count) => _bits = new ulong[(count + 63) / 64];

    private BitRow(ulong[] bits) => _bits = bits;

    public BitRow With(int number)
    {
        var bits = (ulong[])_bits.Clone();
        bits[number / 64] |= 1UL << (number % 64);
        return new BitRow(bits);
    }

    public BitRow Without(int number)
    {
        var bits = (ulong[])_bits.Clone();
        bits[number / 64] &= ~(1UL << (number % 64));
        return new BitRow(bits);
    }

    public bool Equals(BitRow? other) => other is not null && _bits.AsSpan().SequenceEqual(other._bits);

    public override bool Equals(object? obj) => Equals(obj as BitRow);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var bits in _bits) hash.Add(bits);
        return hash.ToHashCode();
    }
}
