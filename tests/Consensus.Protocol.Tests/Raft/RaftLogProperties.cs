using FsCheck;
using FsCheck.Fluent;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Tests.Raft;

/// <summary>The log's shortcuts against naive twins.</summary>
public sealed class RaftLogProperties
{
    private static readonly Config Tests = Config.QuickThrowOnFailure.WithMaxTest(300);

    [Fact]
    public void The_hint_is_the_last_place_whose_term_is_not_above() =>
        Check.One(Tests, Prop.ForAll(Terms, static terms =>
        {
            var log = LogOf(terms);
            for (ulong from = 0; from <= (ulong)terms.Length + 2; from++)
            {
                for (ulong term = 0; term <= 12; term++)
                {
                    var naive = 0;
                    for (var i = 1; i <= terms.Length && i <= (int)from; i++)
                        if (terms[i - 1] <= (int)term) naive = i;
                    log.LastWithTermAtMost(new LogIndex(from), new Term(term)).Value.ShouldBe((ulong)naive);
                }
            }
        }));

    [Fact]
    public void A_leader_finds_the_place_of_agreement_by_the_hint_and_never_overshoots_it() =>
        Check.One(Tests, Prop.ForAll(Terms, Terms, static (leaderTerms, followerTerms) =>
        {
            var (leader, follower) = (LogOf(leaderTerms), LogOf(followerTerms));
            var agree = AgreementOf(leaderTerms, followerTerms);

            // Two logs of one Raft: where index and term agree, everything before does.
            if (!IsLogMatching(leaderTerms, followerTerms, agree)) return;
            var prev = leader.LastIndex;
            for (var questions = 0; !follower.Matches(prev, leader.TermAt(prev)!.Value); questions++)
            {
                var hint = follower.LastWithTermAtMost(prev, leader.TermAt(prev)!.Value);
                var next = leader.LastWithTermAtMost(hint, follower.TermAt(hint)!.Value);
                next.ShouldBeLessThan(prev);
                next.Value.ShouldBeGreaterThanOrEqualTo((ulong)agree);
                questions.ShouldBeLessThan(leaderTerms.Distinct().Count() + 1);
                prev = next;
            }
        }));

    [Fact]
    public void What_the_disk_confirms_late_says_nothing_of_what_took_its_place()
    {
        var log = LogOf([1]);
        log.Append(Entry(2, 1));
        log.Append(Entry(3, 1));
        log.TakeUnwritten(new PersistenceNumber(1), Instant.Zero);
        log.TruncateFrom(new LogIndex(2));
        log.Append(Entry(2, 2));
        log.TakeUnwritten(new PersistenceNumber(2), Instant.Zero);

        log.ConfirmWritten(new PersistenceNumber(1), Instant.Zero);
        log.Stable.ShouldBe(new LogIndex(1));
        log.ConfirmWritten(new PersistenceNumber(2), Instant.Zero);
        log.Stable.ShouldBe(new LogIndex(2));
    }

    [Fact]
    public void What_is_committed_cannot_be_cut()
    {
        var log = LogOf([1, 1, 1]);
        log.CommitTo(new LogIndex(2));
        Should.Throw<Primitives.InvariantViolatedException>(() => log.TruncateFrom(new LogIndex(2)));
    }

    private static Arbitrary<int[]> Terms =>
        Gen.Choose(1, 10).ArrayOf().Select(static terms => terms.Order().ToArray()).ToArbitrary();

    private static LogEntry Entry(int index, int term) =>
        new(new LogIndex((ulong)index), new Term((ulong)term), EntryKind.Command, default);

    private static RaftLog LogOf(int[] terms) => new([.. terms.Select(static (term, i) => Entry(i + 1, term))]);

    private static int AgreementOf(int[] one, int[] other) =>
        one.Zip(other).TakeWhile(static pair => pair.First == pair.Second).Count();

    private static bool IsLogMatching(int[] one, int[] other, int agree) =>
        one.Zip(other).Skip(agree).All(static pair => pair.First != pair.Second);
}
