using Holdfast.Contracts.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Client.Guards.Tests;

public sealed class TokenCheckTests : IAsyncLifetime
{
    private static readonly Token Token = Token.Mint(1, 7);

    // On a busy machine an answer may take long; only the tests about silence are in a hurry.
    private static readonly TokenCheckOptions Patient = new() { Deadline = TimeSpan.FromSeconds(30) };

    private readonly HandTime _time = new();
    private readonly PaperTokens _tokens = new();
    private ConsensusClient _consensus = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _consensus = await _tokens.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _consensus.Dispose();
        await _tokens.DisposeAsync();
    }

    [Theory]
    [InlineData(null, true, true, TokenVerdict.Current)]
    [InlineData(null, false, true, TokenVerdict.Current)]
    [InlineData(null, true, false, TokenVerdict.Over)]
    [InlineData("failover/west", true, true, TokenVerdict.Current)]
    [InlineData("failover/west", false, true, TokenVerdict.Over)]
    [InlineData("failover/west", true, false, TokenVerdict.Over)]
    public async Task A_token_counts_while_its_session_lives_and_in_an_election_while_it_is_the_newest(
        string? election, bool newest, bool alive, TokenVerdict verdict)
    {
        _tokens.Becomes(Token, election, newest, alive);

        (await Check().AskAsync(Token, Cancel)).ShouldBe(verdict);
    }

    [Fact]
    public async Task A_token_that_was_never_minted_is_unknown_and_not_admitted()
    {
        var check = Check();

        (await check.AskAsync(Token.Mint(1, 999), Cancel)).ShouldBe(TokenVerdict.Unknown);
        check.Admits(TokenVerdict.Unknown).ShouldBeFalse();
        check.Admits(TokenVerdict.Over).ShouldBeFalse();
        check.Admits(TokenVerdict.Current).ShouldBeTrue();
    }

    [Fact]
    public async Task An_answer_is_believed_for_as_long_as_it_is_fresh_and_not_longer()
    {
        var check = Check(Patient with { FreshFor = TimeSpan.FromSeconds(1) });
        _tokens.Becomes(Token);
        (await check.AskAsync(Token, Cancel)).ShouldBe(TokenVerdict.Current);
        _tokens.Becomes(Token, alive: false);

        _time.Advance(TimeSpan.FromMilliseconds(999));
        (await check.AskAsync(Token, Cancel)).ShouldBe(TokenVerdict.Current);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        (await check.AskAsync(Token, Cancel)).ShouldBe(TokenVerdict.Over);

        _tokens.Asked.ShouldBe(2);
    }

    [Fact]
    public async Task What_is_over_is_not_asked_about_again()
    {
        var check = Check();
        _tokens.Becomes(Token, alive: false);
        await check.AskAsync(Token, Cancel);

        _time.Advance(TimeSpan.FromHours(1));
        (await check.AskAsync(Token, Cancel)).ShouldBe(TokenVerdict.Over);

        _tokens.Asked.ShouldBe(1);
    }

    [Fact]
    public async Task A_crowd_asks_once()
    {
        var check = Check();
        _tokens.Becomes(Token);
        var answers = _tokens.Hold();
        var crowd = Enumerable.Range(0, 50).Select(_ => check.AskAsync(Token, Cancel).AsTask()).ToList();

        answers.SetResult();

        (await Task.WhenAll(crowd)).ShouldAllBe(verdict => verdict == TokenVerdict.Current);
        _tokens.Asked.ShouldBe(1);
    }

    [Theory]
    [InlineData(UnverifiedTokens.Accept, true)]
    [InlineData(UnverifiedTokens.Refuse, false)]
    public async Task While_nobody_answers_the_options_decide_and_not_every_write_waits(
        UnverifiedTokens unverified, bool admitted)
    {
        var check = Check(new TokenCheckOptions
        {
            Deadline = TimeSpan.FromMilliseconds(100),
            Unverified = unverified,
        });
        _tokens.Hold();

        (await check.AskAsync(Token, Cancel)).ShouldBe(TokenVerdict.Unverified);
        (await check.AskAsync(Token, Cancel)).ShouldBe(TokenVerdict.Unverified);

        check.Admits(TokenVerdict.Unverified).ShouldBe(admitted);
        _tokens.Asked.ShouldBeLessThanOrEqualTo(1);
    }

    [Fact]
    public async Task An_error_of_consensus_is_no_answer()
    {
        _tokens.Fails = true;

        (await Check(new TokenCheckOptions { Deadline = TimeSpan.FromMilliseconds(300) }).AskAsync(Token, Cancel))
            .ShouldBe(TokenVerdict.Unverified);
    }

    [Fact]
    public async Task Who_gives_up_leaves_the_question_to_the_others()
    {
        var check = Check();
        _tokens.Becomes(Token);
        var answers = _tokens.Hold();
        using var impatient = new CancellationTokenSource();
        var first = check.AskAsync(Token, impatient.Token).AsTask();
        var second = check.AskAsync(Token, Cancel).AsTask();

        await impatient.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => first);
        answers.SetResult();

        (await second).ShouldBe(TokenVerdict.Current);
    }

    [Fact]
    public async Task No_more_answers_are_kept_than_may_be_and_the_oldest_goes_first()
    {
        var check = Check(Patient with { AnswersMax = 2 });
        foreach (var index in (ulong[])[1, 2, 3])
        {
            _tokens.Becomes(Token.Mint(1, index));
            await check.AskAsync(Token.Mint(1, index), Cancel);
        }

        await check.AskAsync(Token.Mint(1, 3), Cancel);
        await check.AskAsync(Token.Mint(1, 2), Cancel);
        _tokens.Asked.ShouldBe(3);
        await check.AskAsync(Token.Mint(1, 1), Cancel);
        _tokens.Asked.ShouldBe(4);
    }

    [Fact]
    public void Every_wrong_option_is_named_and_the_defaults_are_right()
    {
        new TokenCheckOptions().Problems().ShouldBeEmpty();
        var wrong = new TokenCheckOptions
        {
            FreshFor = TimeSpan.FromMinutes(2),
            Deadline = TimeSpan.Zero,
            AnswersMax = 0,
            Unverified = (UnverifiedTokens)7,
        };

        Should.Throw<ArgumentException>(() => Check(wrong)).Message.ShouldStartWith(
            "TokenCheck:FreshFor is 00:02:00; 0 to 00:01:00 is wanted. " +
            "TokenCheck:Deadline is 00:00:00; 00:00:00.010 to 00:01:00 is wanted. " +
            "TokenCheck:AnswersMax is 0; 1 to 1,000,000 is wanted. " +
            "TokenCheck:Unverified is 7; Accept or Refuse is wanted.");
    }

    private TokenCheck Check(TokenCheckOptions? options = null) => new(_consensus, options ?? Patient, _time);
}

/// <summary>A clock that only the test moves; its timers run on the machine's.</summary>
internal sealed class HandTime : TimeProvider
{
    private long _ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref _ticks);

    public void Advance(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);
}

/// <summary>What a Consensus knows of tokens, kept by hand, behind a real HTTP server.</summary>
internal sealed class PaperTokens : IAsyncDisposable
{
    private readonly Dictionary<string, TokenAnswer> _answers = new(StringComparer.Ordinal);
    private TestApp? _app;
    private Task _held = Task.CompletedTask;
    private int _asked;

    /// <summary>How often it was asked.</summary>
    public int Asked => Volatile.Read(ref _asked);

    /// <summary>Answers with 503 from now on.</summary>
    public bool Fails { get; set; }

    public async Task<ConsensusClient> StartAsync()
    {
        _app = await TestApp.StartAsync(app => app.MapGet("/v1/tokens/{token}", AnswerAsync));
        return new ConsensusClient(new ConsensusClientOptions
        {
            Endpoints = [_app.Url],
            Deadline = TimeSpan.FromSeconds(30),
            AttemptDeadline = TimeSpan.FromSeconds(30),
        });
    }

    public void Becomes(Token token, string? election = null, bool newest = true, bool alive = true)
    {
        lock (_answers)
        {
            _answers[token.ToString()] = new TokenAnswer
            {
                Token = token.ToString(),
                Session = token.ToString(),
                Election = election,
                Newest = newest,
                SessionAlive = alive,
            };
        }
    }

    /// <summary>Answers nobody until the result is set.</summary>
    public TaskCompletionSource Hold()
    {
        var until = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _held = until.Task;
        return until;
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null) await _app.DisposeAsync();
    }

    private async Task<IResult> AnswerAsync(string token, HttpContext context)
    {
        Interlocked.Increment(ref _asked);
        await _held.WaitAsync(context.RequestAborted);
        if (Fails) return Problem(503, ProblemCodes.NoQuorum);
        lock (_answers)
            return _answers.TryGetValue(token, out var known) ? Results.Ok(known) : Problem(404, "notFound");
    }

    private static IResult Problem(int status, string code) => Results.Problem(
        statusCode: status,
        extensions: new Dictionary<string, object?>(StringComparer.Ordinal) { ["code"] = code });
}
