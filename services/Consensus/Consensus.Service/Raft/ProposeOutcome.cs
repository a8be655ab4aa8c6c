using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>What became of a proposal.</summary>
public abstract record ProposeOutcome
{
    private ProposeOutcome()
    {
    }

    /// <summary>Committed, durable on a majority and here, and applied here with this result.</summary>
    public sealed record Applied(ulong Index, ulong Term, object? Result) : ProposeOutcome;

    /// <summary>Not appended: this voter does not lead. Nothing was changed.</summary>
    public sealed record NotLeader(NodeId? Leader) : ProposeOutcome;

    /// <summary>Leadership was lost before the commit: a later leader may still commit the command, or not.</summary>
    public sealed record Lost : ProposeOutcome;

    /// <summary>Not appended: too many proposals wait. Nothing was changed; try again later.</summary>
    public sealed record Overloaded : ProposeOutcome;

    /// <summary>Not appended: leadership is being handed on. Nothing was changed; try again in a moment.</summary>
    public sealed record Moving(NodeId? To) : ProposeOutcome;

    /// <summary>Not appended: a member may not read it, since its program is older or cannot be asked.</summary>
    public sealed record NotReadByAll : ProposeOutcome;

    /// <summary>Not appended: the command is larger than a command may be. Nothing was changed.</summary>
    public sealed record TooLarge(int Bytes, int BytesMax) : ProposeOutcome;
}
