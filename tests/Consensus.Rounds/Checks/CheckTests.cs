using Holdfast.Consensus.Rounds.Load;
using Holdfast.Primitives;
using Holdfast.Simulation.Histories;

namespace Holdfast.Consensus.Rounds.Checks;

/// <summary>Each checker is shown what it must find, and what it must let pass.</summary>
public sealed class CheckTests
{
    private static readonly Token First = new((1UL << 48) | 1);
    private static readonly Token Second = new((1UL << 48) | 2);

    [Fact]
    public void A_write_that_a_later_one_replaced_is_not_lost()
    {
        var history = History((1, 10, 0, 5, 0), (1, 11, 6, 9, 0), (1, null, 10, 11, 11));

        StoreCheck.Judge(history, Found(1, 11)).ShouldSatisfyAllConditions(
            findings => findings.Acknowledged.ShouldBe(2),
            findings => findings.Lost.ShouldBe(0),
            findings => findings.Problems.ShouldBeEmpty());
    }

    [Fact]
    public void A_write_without_an_answer_may_replace_one_that_was_acknowledged()
    {
        var history = History((1, 10, 0, null, 0), (1, 11, 6, 9, 0), (1, null, 10, 11, 10));

        StoreCheck.Judge(history, Found(1, 10)).Problems.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(10)]
    [InlineData(0)]
    public void A_write_that_was_acknowledged_and_is_gone_is_lost(long found)
    {
        var history = History((1, 10, 0, 5, 0), (1, 11, 6, 9, 0), (1, null, 10, 11, found));

        var findings = StoreCheck.Judge(history, Found(1, found));
        findings.Lost.ShouldBe(found == 0 ? 2 : 1);
        findings.Problems.Count.ShouldBe(2);
    }

    [Fact]
    public void A_read_of_what_was_replaced_before_it_is_found()
    {
        var history = History((1, 10, 0, 5, 0), (1, 11, 6, 9, 0), (1, null, 10, 11, 10), (1, null, 12, 13, 11));

        StoreCheck.Judge(history, Found(1, 11)).Problems.Single().ShouldContain("NotLinearizable");
    }

    [Fact]
    public void Two_leaders_in_one_term_are_found_by_what_they_say_and_what_they_write()
    {
        var terms = new LeaderTerms();
        terms.Read("info: X[2501] Voter v1 is Leader in term 3, leader v1");
        terms.Read("info: X[2501] Voter v2 is Follower in term 3, leader v1");
        terms.Saw(3, "v1");
        terms.Saw(4, "v2");
        terms.Problems.ShouldBeEmpty();

        terms.Saw(3, "v2");
        terms.Problems.ShouldBe(["In term 3 both v1 and v2 led."]);
        terms.Count.ShouldBe(2);
    }

    [Fact]
    public void A_token_with_two_meanings_is_found()
    {
        var ledger = new TokenLedger();
        ledger.Minted(GrantOf("a", "s1", First, 0, 1));
        ledger.Minted(GrantOf("a", "s1", First, 2, 3));
        ledger.Problems().ShouldBeEmpty();

        ledger.Minted(GrantOf("a", "s2", First, 4, 5));
        ledger.Problems().Single().ShouldStartWith($"The token {First} was given for");
    }

    [Fact]
    public void A_token_below_one_that_was_told_before_is_found()
    {
        var ledger = new TokenLedger();
        ledger.Minted(GrantOf("a", "s1", Second, 0, 4));
        ledger.Minted(GrantOf("a", "s2", First, 3, 6));
        ledger.Minted(GrantOf("b", "s2", new Token(First.Value + 7), 5, 6));
        ledger.Problems().ShouldBeEmpty("the calls ran beside each other");

        ledger.Minted(GrantOf("a", "s2", First, 7, 8));
        ledger.Problems().Single().ShouldBe($"a: {First} was given after {Second} was told.");
    }

    private static Dictionary<int, long> Found(int key, long value) => new() { [key] = value };

    private static Grant GrantOf(string purpose, string session, Token token, long called, long returned) =>
        new(purpose, session, token, new Instant(called), new Instant(returned));

    private static List<Operation<StoreCall, long>> History(
        params (int Key, long? Put, long Called, long? Returned, long Told)[] calls) =>
        [.. calls.Select((call, number) => new Operation<StoreCall, long>(
            number,
            new StoreCall(call.Key, call.Put),
            new Instant(call.Called),
            call.Told,
            call.Returned is { } at ? new Instant(at) : null))];
}
