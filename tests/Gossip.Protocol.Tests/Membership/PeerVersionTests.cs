using FsCheck;
using FsCheck.Fluent;
using Holdfast.Primitives;

namespace Holdfast.Gossip.Protocol.Tests;

public sealed class PeerVersionTests
{
    [Theory]
    [InlineData("1 0 Up", "2 0 Up", "2 0 Up")] // A new boot.
    [InlineData("2 0 Up", "1 9 Down", "2 0 Up")] // Nothing about an older boot counts.
    [InlineData("1 0 Up", "1 1 Suspected", "1 1 Suspected")]
    [InlineData("1 1 Suspected", "1 2 Up", "1 2 Up")] // Refuted.
    [InlineData("1 2 Up", "1 2 Down", "1 2 Down")] // At the same time: the peer can still refute that.
    [InlineData("1 2 Down", "1 2 Up", "1 2 Down")]
    [InlineData("1 5 Left", "1 9 Up", "1 5 Left")] // A leave cannot be refuted...
    [InlineData("1 5 Left", "1 9 Down", "1 5 Left")]
    [InlineData("1 5 Left", "2 0 Up", "2 0 Up")] // ...only a new boot ends it.
    [InlineData("1 9 Down", "1 5 Left", "1 10 Left")] // A late leave is numbered above what was published.
    public void The_newer_word_wins(string held, string heard, string expected) =>
        Of(held).Merge(Of(heard)).ShouldBe(Of(expected));

    [Fact]
    public void Agents_that_hear_the_same_in_any_order_come_to_the_same_after_comparing() =>
        Prop.ForAll(Versions().ArrayOf().ToArbitrary(), Gen.Choose(0, int.MaxValue).ToArbitrary(), (versions, seed) =>
        {
            var start = new PeerVersion(new Generation(1), default, PeerState.Up);
            var one = versions.Aggregate(start, (held, heard) => held.Merge(heard));
            var shuffled = versions.ToArray();
            new Random(seed).Shuffle(shuffled);
            var other = shuffled.Aggregate(start, (held, heard) => held.Merge(heard));
            one.Merge(other).ShouldBe(other.Merge(one));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void What_is_held_never_gets_older() =>
        Prop.ForAll(Versions().Two().ToArbitrary(), pair =>
        {
            var merged = pair.Item1.Merge(pair.Item2);
            (merged >= pair.Item1 && merged >= pair.Item2).ShouldBeTrue();
            merged.Merge(pair.Item2).ShouldBe(merged);
        }).QuickCheckThrowOnFailure();

    private static Gen<PeerVersion> Versions() =>
        from generation in Gen.Choose(1, 3)
        from verdict in Gen.Choose(0, 5)
        from state in Gen.Elements(Enum.GetValues<PeerState>())
        select new PeerVersion(new Generation((ulong)generation), new Verdict((ulong)verdict), state);

    private static PeerVersion Of(string text)
    {
        var parts = text.Split(' ');
        return new PeerVersion(
            new Generation(ulong.Parse(parts[0])), new Verdict(ulong.Parse(parts[1])), Enum.Parse<PeerState>(parts[2]));
    }
}
