using Holdfast.Contracts.Http;
using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>
/// A session that keeps itself alive. Two things can happen to it. Its <em>lease</em> lapses while Consensus cannot be
/// reached: <see cref="IsAlive()"/> is false, and true again once a keep-alive is acknowledged, for nobody was given
/// what it holds. Or it is <em>lost</em> (revoked by a fence, or ended): that is for good, <see cref="Lost"/> is
/// cancelled, and a new session is wanted. Closing it is for good too, and not a loss: from then on it is not alive.
/// </summary>
public sealed partial class HoldfastSession : IAsyncDisposable
{
    /// <summary>
    /// Of the pause between keep-alives, for the first attempt at one voter: a hung one is left before the next
    /// keep-alive would have been due.
    /// </summary>
    private const double AttemptShare = 0.8;

    private readonly ConsensusClient _consensus;
    private readonly HoldfastSessionOptions _options;
    private readonly IMonotonicClock _clock;
    private readonly CancellationTokenSource _lost = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly TaskCompletionSource<SessionLoss> _loss = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private Lease _lease;
    private Tenure _tenure = new();
    private bool _closed;
    private Task _keepingAlive = Task.CompletedTask;

    private HoldfastSession(
        ConsensusClient consensus,
        HoldfastSessionOptions options,
        IMonotonicClock clock,
        SessionAnswer opened,
        Instant sentAt)
    {
        (_consensus, _options, _clock) = (consensus, options, clock);
        Lost = _lost.Token;
        Id = SessionId.Parse(opened.Session);
        _token = Token.Parse(opened.Token);
        _lease = new Lease(sentAt, opened.Ttl, options.Margin);
    }

    /// <summary>Where it was opened.</summary>
    internal ConsensusClient Consensus => _consensus;

    /// <summary>Its id.</summary>
    public SessionId Id { get; }

    /// <summary>The cluster it belongs to.</summary>
    public ClusterId Cluster => _options.Cluster;

    /// <summary>The node it names; null where it names none.</summary>
    public NodeId? Node => _options.Node;

    /// <summary>The generation of that node.</summary>
    public Generation? Generation => _options.Generation;

    /// <summary>The word for people that it was opened with.</summary>
    public string? Name => _options.Name;

    /// <summary>From here on the holder must not act, unless another keep-alive is acknowledged.</summary>
    public Instant LeaseEndsAt
    {
        get
        {
            lock (_gate) return _lease.EndsAt;
        }
    }

    /// <summary>The stretch of the lease that runs now; take it before asking for what shall end with it.</summary>
    internal Tenure Tenure
    {
        get
        {
            lock (_gate) return _tenure;
        }
    }

    /// <summary>Cancelled when the session is lost for good.</summary>
    public CancellationToken Lost { get; }

    /// <summary>Completes when the session is lost for good, and says why; never when it is closed in order.</summary>
    public Task<SessionLoss> LostReason => _loss.Task;

    /// <summary>Opens a session and keeps it alive until it is disposed of or lost.</summary>
    /// <param name="consensus">Outlives the session.</param>
    /// <param name="options">What to open.</param>
    /// <param name="cancel">Gives up opening.</param>
    /// <param name="clock">Now; absent: <see cref="BootClock"/>.</param>
    /// <exception cref="ConsensusRefusedException">Refused, for instance because this generation is fenced.</exception>
    /// <exception cref="ConsensusUnavailableException">Nobody answered.</exception>
    public static Task<HoldfastSession> OpenAsync(
        ConsensusClient consensus,
        HoldfastSessionOptions options,
        CancellationToken cancel,
        IMonotonicClock? clock = null) =>
        OpenAsync(consensus, options, clock ?? BootClock.Instance, KeepAlivePace.System, cancel);

    internal static async Task<HoldfastSession> OpenAsync(
        ConsensusClient consensus,
        HoldfastSessionOptions options,
        IMonotonicClock clock,
        KeepAlivePace pace,
        CancellationToken cancel)
    {
        if (options.Problems().ToArray() is { Length: > 0 } problems)
            throw new ArgumentException(string.Join(' ', problems), nameof(options));
        var sentAt = clock.Now();
        var opened = (await consensus.OpenSessionAsync(Request(options), cancel)).Demand();
        var session = new HoldfastSession(consensus, options, clock, opened, sentAt);
        session._keepingAlive = pace.Start(session.KeepAliveAsync);
        return session;
    }

    /// <summary>Whether the holder may act now.</summary>
    public bool IsAlive() => IsAlive(_clock.Now());

    /// <summary>Whether the holder may act at <paramref name="now"/>, an instant of the session's clock.</summary>
    public bool IsAlive(Instant now)
    {
        lock (_gate) return HoldsLocked(now);
    }

    /// <summary>Whether the holder may act now, and the lease never lapsed since <paramref name="tenure"/>.</summary>
    internal bool IsAliveSince(Tenure tenure)
    {
        var now = _clock.Now();
        lock (_gate) return _tenure == tenure && HoldsLocked(now);
    }

    /// <summary>How long the holder may act from now on, unless another keep-alive is acknowledged.</summary>
    public TimeSpan LeaseLeft() => LeaseEndsAt - _clock.Now();

    /// <summary>Stops keeping it alive and closes it; where nobody answers it ends by its time to live.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_closed) return;
            // Before the request: the moment Consensus ends the session, the next in the queue may act.
            _closed = true;
        }

        try
        {
            await _closing.CancelAsync();
            await _keepingAlive;
            Tenure.Dispose();
        }
        finally
        {
            await CloseAsync();
            _closing.Dispose();
            _lost.Dispose();
        }
    }

    private static OpenSessionRequest Request(HoldfastSessionOptions options) => new()
    {
        Cluster = options.Cluster.Value,
        Node = options.Node?.Value,
        Generation = options.Generation?.Value,
        Ttl = options.Ttl,
        Name = options.Name,
        Agent = options.Agent ? true : null,
    };

    private bool HoldsLocked(Instant now) => !_closed && !_loss.Task.IsCompleted && _lease.Holds(now);

    private async Task CloseAsync()
    {
        if (_lost.IsCancellationRequested) return;
        try
        {
            await _consensus.CloseSessionAsync(Id, CancellationToken.None);
        }
        catch (ConsensusUnavailableException)
        {
            Telemetry.Unclosed.Add(1);
        }
    }

    private async Task KeepAliveAsync(TimeProvider time)
    {
        using var timer = new PeriodicTimer(_options.KeepAlive, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_closing.Token))
            {
                if (await TryKeepAliveAsync() is not { } loss) continue;
                Lose(loss);
                return;
            }
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested) { return; }
    }

    /// <summary>
    /// Null unless the session is over. Whatever goes wrong is counted, and the next keep-alive is tried: a loop that
    /// ended here would let the session run out without a word.
    /// </summary>
    private async Task<SessionLoss?> TryKeepAliveAsync()
    {
        try
        {
            return await KeepAliveOnceAsync();
        }
        catch (ConsensusUnavailableException)
        {
            Telemetry.KeepAlivesUnanswered.Add(1);
        }
        catch (Exception e) when (e is not OperationCanceledException || !_closing.IsCancellationRequested)
        {
            Telemetry.KeepAliveFailed(e);
        }

        return null;
    }

    private async Task<SessionLoss?> KeepAliveOnceAsync()
    {
        var sentAt = _clock.Now();
        // A keep-alive that takes longer than a third of the time to live is worth less than the next one.
        var deadline = TimeSpan.FromTicks(Math.Max(_options.KeepAlive.Ticks, _options.Ttl.Ticks / 3));
        var outcome = await _consensus.KeepAliveAsync(Id, _closing.Token, deadline, _options.KeepAlive * AttemptShare);
        if (outcome.Refusal is { IsSessionOver: true } refusal)
            return new SessionLoss(refusal.Reason, refusal.Detail);
        if (outcome.Value is { } answer) Acknowledged(sentAt, Token.Parse(answer.Token));
        return null;
    }

    /// <summary>
    /// An acknowledgement that comes after the end of the lease brings the lease back, but not what was held under it:
    /// its holder may have been told to stop, and has to win it again.
    /// </summary>
    private void Acknowledged(Instant sentAt, Token token)
    {
        Tenure? lapsed = null;
        lock (_gate)
        {
            if (!_lease.Holds(_clock.Now())) (lapsed, _tenure) = (_tenure, new Tenure());
            _lease = _lease.Acknowledged(sentAt);
            _token = Newer(_token, token);
        }

        lapsed?.Dispose();
    }

    private void Lose(SessionLoss loss)
    {
        lock (_gate)
        {
            if (_closed || !_loss.TrySetResult(loss)) return;
        }

        Telemetry.SessionsLost.Add(1);
        try
        {
            Tenure.Dispose();
        }
        finally
        {
            _lost.Cancel();
        }
    }
}
