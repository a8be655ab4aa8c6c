using System.Collections.Immutable;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Requests;

/// <summary>
/// What is remembered of one client: the answers of its newest requests, and the floor, below which nothing can be
/// told any more. A number between two that are remembered may still come for the first time.
/// </summary>
internal sealed record RequestWindow
{
    public static readonly RequestWindow Empty = new();

    // Invariant: no answer is of a number below it. Numbers begin with 1, so that 0 is always below it.
    public ulong Floor { get; init; } = 1;

    // Invariant: numbers rise.
    public ImmutableArray<RememberedAnswer> Answers { get; init; } = [];

    /// <summary>The entry that opened it, or carried out its last request.</summary>
    public LogIndex UsedAt { get; init; }

    public RequestVerdict Judge(ulong number, uint digest)
    {
        if (number < Floor) return new RequestVerdict.Forgotten(Floor);
        var at = PlaceOf(number);
        if (at == Answers.Length || Answers[at].Number != number) return RequestVerdict.New.Instance;
        return Answers[at].Digest == digest
            ? new RequestVerdict.Answered(Answers[at].Answer)
            : RequestVerdict.Reused.Instance;
    }

    public RequestWindow With(RememberedAnswer answer)
    {
        var at = PlaceOf(answer.Number);
        Invariant.Holds(answer.Number >= Floor);
        Invariant.Holds(at == Answers.Length || Answers[at].Number != answer.Number);
        return this with { Answers = Answers.Insert(at, answer), UsedAt = answer.At };
    }

    /// <summary>Without the answer at this place and those of all lower numbers.</summary>
    public RequestWindow WithoutUpTo(int at) => this with
    {
        Floor = Answers[at].Number + 1,
        Answers = Answers.RemoveRange(0, at + 1),
    };

    /// <summary>Where the number is among the answers, or would be.</summary>
    private int PlaceOf(ulong number)
    {
        // Numbers rise along a client's requests, so the end is the place nearly always.
        var at = Answers.Length;
        while (at > 0 && Answers[at - 1].Number >= number) at--;
        return at;
    }
}

/// <summary>An answer that may be asked for again.</summary>
/// <param name="Number">The client's own number of the request.</param>
/// <param name="Digest">Of what was asked, so that another request under the same number is seen.</param>
/// <param name="At">The entry that carried it out.</param>
/// <param name="Answer">What was answered.</param>
internal sealed record RememberedAnswer(ulong Number, uint Digest, LogIndex At, ReadOnlyMemory<byte> Answer)
{
    public long CountedBytes => Answer.Length + RequestLimits.AnswerOverheadBytes;
}
