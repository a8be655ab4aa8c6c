using Holdfast.Contracts.Http;
using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>
/// Wants an election for a session: <see cref="WinAsync"/> queues and waits for the grant. A leadership that was lost
/// because the lease lapsed may be won again with the same session; it then has a newer token, so that what was under
/// way before the lapse cannot act beside what comes after.
/// </summary>
public sealed class Campaign(
    ConsensusClient consensus, HoldfastSession session, ElectionName election, TimeSpan? checkInterval = null)
{
    private readonly TimeSpan _checkInterval = checkInterval ?? TimeSpan.FromMilliseconds(250);
    private bool _heldBefore;
    private Action? _endTheLast;

    /// <summary>The election.</summary>
    public ElectionName Election { get; } = election;

    /// <summary>Waits until the session holds the election. Outages of Consensus are waited out.</summary>
    /// <exception cref="SessionLostException">The session is lost: open a new one.</exception>
    /// <exception cref="OperationCanceledException">
    /// Cancelled; the session may be left waiting in the queue.
    /// </exception>
    public async Task<Leadership> WinAsync(CancellationToken cancel)
    {
        while (true)
        {
            if (await TryWinAsync(cancel) is { } leadership) return leadership;
            await Task.Delay(_checkInterval, cancel);
        }
    }

    /// <summary>
    /// One step: queues, or asks how the queue stands; null while another holds it or nobody answers.
    /// </summary>
    /// <exception cref="SessionLostException">The session is lost.</exception>
    public async Task<Leadership?> TryWinAsync(CancellationToken cancel)
    {
        await ThrowIfLostAsync();
        var tenure = session.Tenure;
        try
        {
            var answer = await DemandAsync(await consensus.CampaignAsync(Election, session.Id, cancel));
            if (answer.Holder != session.Id.ToString() || !session.IsAliveSince(tenure)) return null;
            if (_heldBefore) answer = await DemandAsync(
                await consensus.AdvanceElectionAsync(Election, session.Id, cancel));
            _heldBefore = true;
            _endTheLast?.Invoke();
            var leadership = new Leadership(consensus, session, tenure, Election, Token.Parse(answer.Token!));
            _endTheLast = leadership.Supersede;
            return leadership;
        }
        catch (ConsensusUnavailableException)
        {
            return null;
        }
    }

    /// <summary>Stops waiting, or gives up what is held: the leadership that was won ends first.</summary>
    /// <exception cref="ConsensusUnavailableException">Nobody answered.</exception>
    public async Task ResignAsync(CancellationToken cancel)
    {
        _endTheLast?.Invoke();
        var outcome = await consensus.ResignAsync(Election, session.Id, cancel);
        if (outcome.Refusal is { IsSessionOver: false, Reason: not ConsensusRefusalReason.NotHolder } refusal)
            throw new ConsensusRefusedException(refusal);
        _heldBefore = false;
    }

    private async Task<ElectionAnswer> DemandAsync(ConsensusOutcome<ElectionAnswer> outcome)
    {
        if (outcome.Refusal is { IsSessionOver: true } refusal)
            throw new SessionLostException(session.Id, new SessionLoss(refusal.Reason, refusal.Detail));
        await ThrowIfLostAsync();
        return outcome.Demand();
    }

    private async Task ThrowIfLostAsync()
    {
        if (session.LostReason.IsCompleted) throw new SessionLostException(session.Id, await session.LostReason);
    }
}
