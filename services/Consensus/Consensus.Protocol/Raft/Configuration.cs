using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Raft;

/// <summary>One member of a group: who it is, where the others and clients reach it, and what fails with it.</summary>
/// <param name="Node">Its identity, the same for ever.</param>
/// <param name="Domain">Its failure domain, such as a site; empty where nobody said.</param>
/// <param name="RaftAddress">Host and port where the other members reach it.</param>
/// <param name="HttpAddress">The URL where clients reach it.</param>
public sealed record Member(NodeId Node, string Domain, string RaftAddress, string HttpAddress)
{
    /// <summary>Bytes of each text, in UTF-8, at most.</summary>
    public const int TextBytesMax = 512;
}

/// <summary>
/// Who is in the group and who decides in it, as a value. Between two sets of voters lies a joint state, in which every
/// decision needs a majority of both (Raft 6): so no two sets that decide alone are ever in force at the same time.
/// A member counts by the newest configuration in its own log, committed or not.
/// </summary>
public sealed class Configuration : IEquatable<Configuration>
{
    /// <summary>Members at most, learners included.</summary>
    public const int MembersMax = 32;

    private readonly ImmutableDictionary<NodeId, Member> _members;

    /// <param name="version">Rises by one with every change; 0 is what a group began with.</param>
    /// <param name="members">All members, each once.</param>
    /// <param name="voters">Who votes; of a joint state, from its end on.</param>
    /// <param name="outgoing">Who voted before, while the state is joint; empty otherwise.</param>
    public Configuration(
        ulong version, ImmutableArray<Member> members, ImmutableArray<NodeId> voters, ImmutableArray<NodeId> outgoing)
    {
        Invariant.Holds(members.Length <= MembersMax);
        (Version, Members, Voters, Outgoing) = (version, members, voters, outgoing);
        _members = members.ToImmutableDictionary(static member => member.Node);
        Invariant.Holds(voters.Concat(outgoing).All(_members.ContainsKey));
        Invariant.Holds(voters.Distinct().Count() == voters.Length);
        Invariant.Holds(outgoing.Distinct().Count() == outgoing.Length);
        Encoded = ConfigurationCodec.Write(this);
    }

    /// <summary>Of one who is in no group yet: nobody votes, so nothing is decided.</summary>
    public static Configuration Empty { get; } = new(0, [], [], []);

    public ulong Version { get; }

    public ImmutableArray<Member> Members { get; }

    public ImmutableArray<NodeId> Voters { get; }

    public ImmutableArray<NodeId> Outgoing { get; }

    public bool IsJoint => !Outgoing.IsEmpty;

    /// <summary>Members that receive everything and decide nothing.</summary>
    public IEnumerable<NodeId> Learners =>
        Members.Select(static member => member.Node).Where(node => !IsVoter(node));

    /// <summary>The bytes of an entry or of a snapshot's header; two are the same when these are.</summary>
    public ReadOnlyMemory<byte> Encoded { get; }

    /// <summary>What a group of these voters begins with, where addresses do not matter.</summary>
    public static Configuration OfVoters(params ImmutableArray<NodeId> voters) =>
        new(0, [.. voters.Select(static node => new Member(node, "", "", ""))], voters, []);

    /// <summary>Reads <see cref="Encoded"/>; null where the bytes are none, or of a later format.</summary>
    public static Configuration? TryRead(ReadOnlySpan<byte> bytes) => ConfigurationCodec.TryRead(bytes);

    public Member? Find(NodeId node) => _members.GetValueOrDefault(node);

    public bool IsMember(NodeId node) => _members.ContainsKey(node);

    /// <summary>Whether its word counts, in either half of a joint state.</summary>
    public bool IsVoter(NodeId node) => Voters.Contains(node) || Outgoing.Contains(node);

    /// <summary>Whether those for whom this holds can decide: a majority, of both sets when joint.</summary>
    public bool HasMajority(Func<NodeId, bool> holds) =>
        IsMajority(Voters, holds) && (!IsJoint || IsMajority(Outgoing, holds));

    /// <summary>Whether those for whom this holds are a majority of one set, against which nothing goes.</summary>
    public bool CanBlock(Func<NodeId, bool> holds) =>
        IsMajority(Voters, holds) || (IsJoint && IsMajority(Outgoing, holds));

    /// <summary>The highest value that a majority has reached; the lower one of both sets when joint.</summary>
    public T ReachedByMajority<T>(Func<NodeId, T> valueOf)
        where T : IComparable<T>
    {
        var reached = Reached(Voters, valueOf);
        if (!IsJoint) return reached;
        var outgoing = Reached(Outgoing, valueOf);
        return outgoing.CompareTo(reached) < 0 ? outgoing : reached;
    }

    /// <summary>The end of a joint state: outgoing voters that do not vote again are no members any more.</summary>
    public Configuration Leave()
    {
        Invariant.Holds(IsJoint);
        return new Configuration(
            Version + 1,
            [.. Members.Where(member => Voters.Contains(member.Node) || !Outgoing.Contains(member.Node))],
            Voters,
            []);
    }

    public bool Equals(Configuration? other) => other is not null && Encoded.Span.SequenceEqual(other.Encoded.Span);

    public override bool Equals(object? obj) => Equals(obj as Configuration);

    public override int GetHashCode() => (int)Crc32C.Of(Encoded.Span);

    public override string ToString() =>
        $"v{Version} {(Voters.IsEmpty ? "nobody" : $"voters {string.Join(',', Voters)}")}" +
        (IsJoint ? $" outgoing {string.Join(',', Outgoing)}" : "") +
        (Learners.Any() ? $" learners {string.Join(',', Learners)}" : "");

    private static bool IsMajority(ImmutableArray<NodeId> voters, Func<NodeId, bool> holds)
    {
        var count = 0;
        foreach (var voter in voters)
            if (holds(voter)) count++;
        return count > voters.Length / 2;
    }

    private static T Reached<T>(ImmutableArray<NodeId> voters, Func<NodeId, T> valueOf)
        where T : IComparable<T>
    {
        Invariant.Holds(!voters.IsEmpty);
        var values = new T[voters.Length];
        for (var i = 0; i < values.Length; i++) values[i] = valueOf(voters[i]);
        Array.Sort(values);
        return values[values.Length - (values.Length / 2) - 1];
    }
}
