using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>
/// An election held. It ends when the session is lost or closed, when its lease lapses, or when something newer was
/// seen (<see cref="Supersede"/>); then <see cref="Ended"/> is cancelled, and it never comes back: win the campaign
/// again.
/// </summary>
public sealed class Leadership : IAsyncDisposable
{
    private readonly ConsensusClient _consensus;
    private readonly HoldfastSession _session;
    private readonly CancellationTokenSource _ended = new();
    private readonly Tenure _tenure;
    private readonly CancellationTokenRegistration _tenureEnded;
    private readonly Task _watching;
    private readonly Lock _gate = new();
    private Token _token;

    /// <param name="consensus">Where it was won.</param>
    /// <param name="session">Who won it.</param>
    /// <param name="tenure">The session's when the election was asked for.</param>
    /// <param name="election">What was won.</param>
    /// <param name="token">Its first token.</param>
    internal Leadership(
        ConsensusClient consensus, HoldfastSession session, Tenure tenure, ElectionName election, Token token)
    {
        (_consensus, _session, _tenure, Election, _token) = (consensus, session, tenure, election, token);
        Ended = _ended.Token;
        _tenureEnded = tenure.Ended.Register(_ended.Cancel);
        _watching = WatchLeaseAsync();
    }

    /// <summary>The election.</summary>
    public ElectionName Election { get; }

    /// <summary>The newest token of this leadership.</summary>
    public Token Token
    {
        get
        {
            lock (_gate) return _token;
        }
    }

    /// <summary>Cancelled when the holder must stop.</summary>
    public CancellationToken Ended { get; }

    /// <summary>Whether the holder may act now.</summary>
    public bool IsHeld => !Ended.IsCancellationRequested && _session.IsAliveSince(_tenure);

    /// <summary>
    /// Mints a newer token. What acts under the older one is refused wherever the newer one is installed.
    /// </summary>
    /// <exception cref="LeadershipEndedException">The session does not hold the election any more.</exception>
    /// <exception cref="ConsensusUnavailableException">Nobody answered.</exception>
    public async Task<Token> AdvanceAsync(CancellationToken cancel)
    {
        if (!IsHeld) throw new LeadershipEndedException(Election, "it ended before");
        var outcome = await _consensus.AdvanceElectionAsync(Election, _session.Id, cancel);
        if (outcome.Refusal is { } refusal)
        {
            if (!refusal.IsSessionOver && refusal.Reason is not ConsensusRefusalReason.NotHolder) outcome.Demand();
            Supersede();
            throw new LeadershipEndedException(Election, refusal.Detail);
        }

        var advanced = Token.Parse(outcome.Demand().Token!);
        lock (_gate) return _token = advanced > _token ? advanced : _token;
    }

    /// <summary>
    /// Ends it here, for a newer token than its own was seen, for instance with <c>grantSuperseded</c>.
    /// </summary>
    public void Supersede() => _ended.Cancel();

    /// <summary>Gives the election up.</summary>
    /// <exception cref="ConsensusUnavailableException">Nobody answered; it ends with the session.</exception>
    public async Task ResignAsync(CancellationToken cancel)
    {
        Supersede();
        await _consensus.ResignAsync(Election, _session.Id, cancel);
    }

    /// <summary>Stops acting; the session still holds the election until it resigns or ends.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _watching;
        await _tenureEnded.DisposeAsync();
    }

    private async Task WatchLeaseAsync()
    {
        while (!Ended.IsCancellationRequested)
        {
            var left = _session.LeaseLeft();
            if (left <= TimeSpan.Zero)
            {
                await _ended.CancelAsync();
                return;
            }

            await Task.Delay(left, Ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}

/// <summary>What was asked needs an election that is not held any more.</summary>
public sealed class LeadershipEndedException(ElectionName election, string why)
    : Exception($"The election {election} is not held any more: {why}");
