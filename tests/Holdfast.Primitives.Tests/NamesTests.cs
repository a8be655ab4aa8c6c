namespace Holdfast.Primitives.Tests;

public sealed class NamesTests
{
    private static readonly string Longest = new('a', 128);

    public static TheoryData<string> Legal => ["a", "n1", "east-1", "A.b_c-9", "-", Longest];

    public static TheoryData<string> Illegal => ["", " ", "a b", "a/b", "köln", "a\n", "a\0", "%41", Longest + "a"];

    [Theory]
    [MemberData(nameof(Legal))]
    public void A_legal_name_is_kept_as_it_is(string text)
    {
        new NodeId(text).Value.ShouldBe(text);
        new ClusterId(text).ToString().ShouldBe(text);
        new WorkloadName(text).ToString().ShouldBe(text);
        NodeId.IsLegal(text).ShouldBeTrue();
        WorkloadName.IsLegal(text).ShouldBeTrue();
        ClusterId.IsLegal(text).ShouldBeTrue();
    }

    [Theory]
    [MemberData(nameof(Illegal))]
    public void An_illegal_name_is_refused_saying_what_is_wanted(string text)
    {
        Should.Throw<FormatException>(() => new NodeId(text)).Message.ShouldBe(
            $"'{text}' is not a node id: 1 to 128 characters of A-Z a-z 0-9 . _ - are wanted.");
        Should.Throw<FormatException>(() => new ClusterId(text)).Message.ShouldContain("is not a cluster id");
        Should.Throw<FormatException>(() => new WorkloadName(text)).Message.ShouldContain("is not a workload name");
        WorkloadName.IsLegal(text).ShouldBeFalse();
        NodeId.IsLegal(text).ShouldBeFalse();
        ClusterId.IsLegal(text).ShouldBeFalse();
    }

    [Theory]
    [InlineData("consensus", "consensus", "")]
    [InlineData("failover/east", "failover", "east")]
    [InlineData("my/own/election", "my", "own/election")]
    public void An_election_has_a_kind_and_a_scope(string text, string kind, string scope)
    {
        var election = new ElectionName(text);

        election.Value.ShouldBe(text);
        election.Kind.ShouldBe(kind);
        election.Scope.ShouldBe(scope);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("failover/")]
    [InlineData("/east")]
    [InlineData("a//b")]
    [InlineData("a b")]
    public void An_illegal_election_is_refused(string text) =>
        Should.Throw<FormatException>(() => new ElectionName(text)).Message.ShouldContain("is not an election name");

    [Fact]
    public void An_election_is_bounded_as_a_whole()
    {
        ElectionName.IsLegal($"a/{new string('b', 126)}").ShouldBeTrue();
        ElectionName.IsLegal($"a/{new string('b', 127)}").ShouldBeFalse();
    }

    [Fact]
    public void Services_elections_are_named_after_their_cluster()
    {
        ElectionName.Failover(new ClusterId("east")).Value.ShouldBe("failover/east");
        ElectionName.Recovery(new ClusterId("east")).Value.ShouldBe("recovery/east");
    }

    [Theory]
    [InlineData("order", "4711", null)]
    [InlineData("order", "a key with/slash, köln and \U0001F600", null)]
    [InlineData("", "k", "'' is not a grain type: 1 to 128 characters of A-Z a-z 0-9 . _ - are wanted.")]
    [InlineData("a b", "k", "'a b' is not a grain type: 1 to 128 characters of A-Z a-z 0-9 . _ - are wanted.")]
    [InlineData("order", "", "A grain key of type 'order' must have 1 to 512 UTF-8 bytes.")]
    [InlineData("order", "a\tb", "A grain key of type 'order' must not contain control characters.")]
    public void A_grain_says_what_is_wrong_with_it(string type, string key, string? problem)
    {
        GrainId.Problem(type, key).ShouldBe(problem);
        if (problem is null) new GrainId(type, key).ToString().ShouldBe($"{type}/{key}");
        else Should.Throw<FormatException>(() => new GrainId(type, key)).Message.ShouldBe(problem);
    }

    [Fact]
    public void Half_a_character_is_no_grain_key()
    {
        // Not as inline data: metadata is UTF-8 and cannot hold it.
        GrainId.Problem("order", "a\uD83D").ShouldBe("A grain key of type 'order' must be well-formed Unicode.");
        GrainId.Problem("order", "\uDE00\uD83D").ShouldBe("A grain key of type 'order' must be well-formed Unicode.");
    }

    [Fact]
    public void Names_are_ordered_by_their_bytes()
    {
        NodeId[] nodes = [new("b"), new("a"), new("B"), new("a-1")];

        nodes.Order().Select(node => node.Value).ShouldBe(["B", "a", "a-1", "b"]);
    }
}
