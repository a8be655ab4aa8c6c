using Holdfast.Contracts.Http;
using Holdfast.Primitives;
using Microsoft.Extensions.Logging;

namespace Holdfast.Client;

/// <summary>
/// Reads Consensus' snapshot and keeps the newest. Whichever voter answers first is as good as another, until one stays
/// behind what is wanted: then the voters are asked in turn, and the first that is far enough is kept for as long as it
/// is. One read at a time.
/// </summary>
public sealed class SnapshotFeed(
    ConsensusClient consensus, ConsensusClientOptions options, ILogger<SnapshotFeed> logger)
{
    private Token _newestHorizon;
    private Uri? _voter;
    private int _turn;
    private ConsensusSnapshot? _newest;

    /// <summary>The newest snapshot; null before the first.</summary>
    public ConsensusSnapshot? Newest => Volatile.Read(ref _newest);

    /// <summary>
    /// Where a snapshot stands in the order of all tokens: what the entry of a token did is in every snapshot that is
    /// not below that token. One of a Consensus that was rebuilt has a higher generation, and a lower index.
    /// </summary>
    public static Token HorizonOf(ConsensusSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return new Token(((ulong)GenerationOf(snapshot) << 48) | snapshot.AppliedIndex);
    }

    /// <param name="from">How far it should reach; the caller looks whether it does.</param>
    /// <param name="cancel">Gives up waiting.</param>
    /// <exception cref="ConsensusUnavailableException">Nobody answered.</exception>
    /// <exception cref="ConsensusRefusedException">The answer was no snapshot.</exception>
    public async Task<ConsensusSnapshot> ReadAsync(Token from, CancellationToken cancel)
    {
        try
        {
            var snapshot = await consensus.SnapshotAsync(
                cancel, _voter, _voter is null ? null : options.AttemptDeadline);
            var horizon = HorizonOf(snapshot);
            if (Newest is null || _newestHorizon <= horizon)
            {
                _newestHorizon = horizon;
                Volatile.Write(ref _newest, snapshot);
            }

            if (horizon < from) AskAnother(snapshot.Node, horizon, from);
            return snapshot;
        }
        catch (Exception failure) when (failure is ConsensusUnavailableException or ConsensusRefusedException)
        {
            _voter = null;
            throw;
        }
    }

    // Every entry that says anything mints a token of its generation, so the newest one tells which it is.
    private static ushort GenerationOf(ConsensusSnapshot snapshot) => snapshot.Sessions
        .Select(session => session.Token)
        .Concat(snapshot.Elections.Select(election => election.Token))
        .Concat(snapshot.Definitions.Select(definition => definition.Token))
        .Concat(snapshot.Nodes.Select(node => node.Fence?.Token))
        .Select(token => Token.TryParse(token, out var read) ? read.ConsensusGeneration : (ushort)0)
        .DefaultIfEmpty()
        .Max();

    private void AskAnother(string voter, Token horizon, Token wanted)
    {
        Log.VoterBehind(logger, voter, horizon.ToString(), wanted.ToString());
        _voter = new Uri(options.Endpoints[_turn++ % options.Endpoints.Count]);
    }
}
