using FsCheck;
using FsCheck.Fluent;

namespace Holdfast.Primitives.Tests;

public sealed class TokenAndEpochTests
{
    [Theory]
    [InlineData(0, 1UL, "0000000000000001")]
    [InlineData(1, 42UL, "000100000000002a")]
    [InlineData(65535, Token.IndexMax, "ffffffffffffffff")]
    public void A_token_carries_its_generation_and_index(int generation, ulong index, string text)
    {
        var token = Token.Mint((ushort)generation, index);

        token.ToString().ShouldBe(text);
        token.ConsensusGeneration.ShouldBe((ushort)generation);
        token.Index.ShouldBe(index);
        Token.Parse(text).ShouldBe(token);
        SessionId.Parse(text).Opened.ShouldBe(token);
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(Token.IndexMax + 1)]
    public void An_index_outside_its_48_bits_mints_nothing(ulong index) =>
        Should.Throw<ArgumentOutOfRangeException>(() => Token.Mint(1, index));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("2a")]
    [InlineData("000000000000002")]
    [InlineData("00000000000000002a")]
    [InlineData("000000000000002g")]
    [InlineData(" 00000000000002a")]
    [InlineData("-00000000000002a")]
    public void What_is_not_16_hex_digits_is_no_token(string? text)
    {
        Token.TryParse(text, out var token).ShouldBeFalse();
        token.ShouldBe(Token.None);
        SessionId.TryParse(text, out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("000000000000002a")]
    [InlineData("000000000000002a 0000000000000001")]
    [InlineData("000000000000002a-000000000000001")]
    [InlineData("000000000000002a-00000000000000001")]
    [InlineData("000000000000002a-000000000000000x")]
    [InlineData("00000000000000-2a0000000000000001")]
    public void What_is_not_two_times_16_hex_digits_is_no_epoch(string? text)
    {
        Epoch.TryParse(text, out var epoch).ShouldBeFalse();
        epoch.ShouldBe(Epoch.None);
    }

    [Fact]
    public void An_epoch_is_compared_token_first()
    {
        var first = Epoch.First(new Token(1));

        first.ToString().ShouldBe("0000000000000001-0000000000000001");
        first.Next().ShouldBeGreaterThan(first);
        Epoch.First(new Token(2)).ShouldBeGreaterThan(new Epoch(new Token(1), ulong.MaxValue));
        Epoch.None.ShouldBeLessThan(first);
        Should.Throw<OverflowException>(() => new Epoch(new Token(1), ulong.MaxValue).Next());
    }

    [Fact]
    public void Every_epoch_is_read_back_as_it_was_written() => Prop
        .ForAll(Epochs(), epoch => Epoch.Parse(epoch.ToString()) == epoch)
        .QuickCheckThrowOnFailure();

    [Fact]
    public void The_order_of_epochs_is_the_order_of_their_texts() => Prop
        .ForAll(Epochs(), Epochs(), (left, right) =>
            Math.Sign(left.CompareTo(right)) == Math.Sign(string.CompareOrdinal(left.ToString(), right.ToString())) &&
            left < right == right > left &&
            left <= right == !(left > right))
        .QuickCheckThrowOnFailure();

    [Fact]
    public void The_order_of_tokens_is_the_order_of_their_texts() => Prop
        .ForAll(Numbers(), Numbers(), (left, right) =>
            Math.Sign(new Token(left).CompareTo(new Token(right))) ==
            Math.Sign(string.CompareOrdinal(new Token(left).ToString(), new Token(right).ToString())))
        .QuickCheckThrowOnFailure();

    [Fact]
    public void A_token_of_a_later_index_or_generation_is_higher() => Prop
        .ForAll(Numbers(), Numbers(), (one, other) =>
        {
            var (low, high) = (Math.Min(one, other) % Token.IndexMax, Math.Max(one, other) % Token.IndexMax);
            return Token.Mint(3, Math.Min(low, high) + 1) <= Token.Mint(3, Math.Max(low, high) + 1) &&
                Token.Mint(3, Math.Max(low, high) + 1) < Token.Mint(4, Math.Min(low, high) + 1);
        })
        .QuickCheckThrowOnFailure();

    // Small ones collide often, which is where an order goes wrong; wide ones use every digit.
    private static Gen<ulong> Number() => Gen.OneOf(
        Gen.Choose(0, 3).Select(small => (ulong)small),
        Gen.Choose(0, int.MaxValue).Two().Select(two => ((ulong)two.Item1 << 33) ^ (ulong)two.Item2),
        Gen.Elements(ulong.MaxValue, 1UL << 63, Token.IndexMax));

    private static Arbitrary<ulong> Numbers() => Number().ToArbitrary();

    private static Arbitrary<Epoch> Epochs() =>
        Number().Two().Select(two => new Epoch(new Token(two.Item1), two.Item2)).ToArbitrary();
}
