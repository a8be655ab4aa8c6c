using Holdfast.Contracts.Http;
using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>What Consensus says of a token that a write came under.</summary>
public enum TokenVerdict
{
    /// <summary>Its session lives, and where it was granted in an election, nobody was granted it since.</summary>
    Current,

    /// <summary>Its session ended or was fenced, or the election has a newer holder: this never changes back.</summary>
    Over,

    /// <summary>
    /// Consensus knows no such token: it was never minted, or so long ago that it is forgotten (65,536 newer ones).
    /// Its owner claims again under a newer one.
    /// </summary>
    Unknown,

    /// <summary>Consensus did not answer in time.</summary>
    Unverified,
}

/// <summary>
/// Asks Consensus whether the holder of a token still has its right. A guard alone refuses an old owner only after it
/// has seen the new one; asked first, this refuses it from the fence on, and keeps an epoch that nobody was ever given
/// from closing the guard for everybody. A session that advanced keeps its older tokens, since grains may be held under
/// them. Answers are shared and believed for a while. Thread-safe.
/// </summary>
public sealed class TokenCheck
{
    private readonly ConsensusClient _consensus;
    private readonly TokenCheckOptions _options;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Dictionary<Token, Asked> _asked = [];

    // Invariant: every token of _asked is in here under the time it was asked about last, oldest first.
    private readonly Queue<(Token Token, Asked Asked)> _oldest = new();

    /// <summary>Makes a check.</summary>
    /// <param name="consensus">Who is asked.</param>
    /// <param name="options">For how long an answer is believed, and what happens without one.</param>
    /// <param name="time">Absent: the machine's.</param>
    /// <exception cref="ArgumentException">The options have a problem; the message lists all.</exception>
    public TokenCheck(ConsensusClient consensus, TokenCheckOptions? options = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(consensus);
        _options = options ?? new TokenCheckOptions();
        if (_options.Problems().ToArray() is { Length: > 0 } problems)
            throw new ArgumentException(string.Join(' ', problems), nameof(options));
        (_consensus, _time) = (consensus, time ?? TimeProvider.System);
    }

    /// <summary>Whether a write under this token may go on to its guard.</summary>
    /// <param name="verdict">What <see cref="AskAsync"/> said.</param>
    public bool Admits(TokenVerdict verdict) =>
        verdict == TokenVerdict.Current ||
        (verdict == TokenVerdict.Unverified && _options.Unverified == UnverifiedTokens.Accept);

    /// <summary>
    /// What is known of a token, from an answer that is at most <see cref="TokenCheckOptions.FreshFor"/> old. Throws
    /// only when cancelled.
    /// </summary>
    public async ValueTask<TokenVerdict> AskAsync(Token token, CancellationToken cancel)
    {
        var asked = AnswerFor(token);
        return await asked.Verdict.Value.WaitAsync(cancel);
    }

    private Asked AnswerFor(Token token)
    {
        lock (_gate)
        {
            if (_asked.TryGetValue(token, out var known) && IsFresh(known)) return known;
            var asked = new Asked(_time.GetTimestamp(), new Lazy<Task<TokenVerdict>>(() => FetchAsync(token)));
            _asked[token] = asked;
            _oldest.Enqueue((token, asked));
            ForgetLocked();
            return asked;
        }
    }

    /// <summary>
    /// What is over stays over. One that is under way counts as fresh, so that a crowd asks once; its age counts from
    /// when it was sent.
    /// </summary>
    private bool IsFresh(Asked asked) =>
        !asked.Verdict.IsValueCreated || !asked.Verdict.Value.IsCompleted ||
        asked.Verdict.Value.Result == TokenVerdict.Over || _time.GetElapsedTime(asked.At) < _options.FreshFor;

    private void ForgetLocked()
    {
        while (_oldest.Count > _options.AnswersMax)
        {
            var (token, asked) = _oldest.Dequeue();

            // Asked about again since: that one is further back in the queue.
            if (ReferenceEquals(_asked.GetValueOrDefault(token), asked)) _asked.Remove(token);
        }
    }

    private async Task<TokenVerdict> FetchAsync(Token token)
    {
        TokenVerdict verdict;
        using var deadline = new CancellationTokenSource(_options.Deadline, _time);
        try
        {
            verdict = VerdictOf(await _consensus.TokenAsync(token, deadline.Token));
        }
        catch (Exception failure) when (
            failure is ConsensusUnavailableException or ConsensusRefusedException or OperationCanceledException)
        {
            // Nobody answered, or with less than an answer: what happens then is the options' word.
            verdict = TokenVerdict.Unverified;
        }

        Telemetry.TokenChecked(verdict);
        return verdict;
    }

    private static TokenVerdict VerdictOf(TokenAnswer? answer) => answer switch
    {
        null => TokenVerdict.Unknown,
        { SessionAlive: false } => TokenVerdict.Over,
        { Election: not null, Newest: false } => TokenVerdict.Over,
        _ => TokenVerdict.Current,
    };

    /// <summary>A question: when it was asked, and the answer that all who ask meanwhile share.</summary>
    private sealed record Asked(long At, Lazy<Task<TokenVerdict>> Verdict);
}
