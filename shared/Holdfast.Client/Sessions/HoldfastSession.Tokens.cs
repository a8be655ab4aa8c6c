using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>The tokens under which a session claims.</summary>
public sealed partial class HoldfastSession
{
    // Under the gate: the last advance that was wanted beyond a token.
    private Lazy<Task<Token>>? _advance;

    // Under the gate; never falls.
    private Token _token;

    /// <summary>The newest token under which it may claim.</summary>
    public Token Token
    {
        get
        {
            lock (_gate) return _token;
        }
    }

    /// <summary>Mints a token above every token minted before, for instance after <c>tokenTooLow</c>.</summary>
    /// <exception cref="SessionLostException">The session is lost.</exception>
    /// <exception cref="ConsensusUnavailableException">Nobody answered.</exception>
    public async Task<Token> AdvanceAsync(CancellationToken cancel)
    {
        if (_loss.Task.IsCompleted) throw new SessionLostException(Id, await _loss.Task);
        var outcome = await _consensus.AdvanceSessionAsync(Id, cancel);
        if (outcome.Refusal is { IsSessionOver: true } refusal)
        {
            var loss = new SessionLoss(refusal.Reason, refusal.Detail);
            Lose(loss);
            throw new SessionLostException(Id, loss);
        }

        var advanced = Token.Parse(outcome.Demand().Token);
        lock (_gate) return _token = Newer(_token, advanced);
    }

    /// <summary>
    /// Sees to it that the token is above one. Whoever asks while another does shares its advance, and how that ends;
    /// who gives up ends it for nobody else.
    /// </summary>
    /// <inheritdoc cref="AdvanceAsync"/>
    internal async Task AdvanceBeyondAsync(Token used, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();

        // One that was under way may bring a token from before the one to exceed; one that begins now does not.
        var begins = false;
        while (!begins && AdvanceBeyond(used, out begins) is { } advance) await advance.Value.WaitAsync(cancel);
    }

    /// <summary>The advance that is under way, or one that begins; null where the token is above already.</summary>
    private Lazy<Task<Token>>? AdvanceBeyond(Token used, out bool begins)
    {
        lock (_gate)
        {
            begins = false;
            if (_token > used) return null;
            begins = _advance is null or { IsValueCreated: true, Value.IsCompleted: true };

            // Asked for outside the gate, which its end needs.
            if (begins) _advance = new Lazy<Task<Token>>(AdvanceForAll);
            return _advance;
        }
    }

    private Task<Token> AdvanceForAll()
    {
        var advance = AdvanceAsync(CancellationToken.None);

        // Nobody may be waiting any more when it fails: who lost the session, or closes it, has stopped its own calls.
        _ = advance.ContinueWith(
            static failed => failed.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return advance;
    }

    private static Token Newer(Token left, Token right) => left > right ? left : right;
}
