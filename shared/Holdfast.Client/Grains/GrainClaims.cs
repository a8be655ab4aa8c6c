using System.Collections.Concurrent;
using Holdfast.Directory;
using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>What a claim of one grain came to.</summary>
/// <param name="Grain">The grain.</param>
/// <param name="Status"><see cref="DirectoryStatus.Ok"/>: held. <see cref="DirectoryStatus.LostRace"/>: another owns
/// it. <see cref="DirectoryStatus.Reasserting"/> and <see cref="DirectoryStatus.OutboxFull"/>: try later.</param>
/// <param name="Record">The record as it is now: the caller's own, or the winner's.</param>
public sealed record ClaimResult(GrainId Grain, DirectoryStatus Status, GrainRecord? Record)
{
    /// <summary>Whether the caller holds it.</summary>
    public bool IsHeld => Status == DirectoryStatus.Ok;
}

/// <summary>
/// Claims grains for a session and knows what it holds, with the epoch of each, which goes along with every write.
/// A claim that needs a newer token (<c>tokenTooLow</c>, <c>belowFloor</c>) advances the session and claims again.
/// Where an answer shows that the directory forgot something, it is reported, beside the calls. For fenced grains only:
/// what is held here is held until a resource or the directory says otherwise. <see cref="GrainKeeper"/> keeps leased
/// ones too. Thread-safe.
/// </summary>
public sealed class GrainClaims(IGrainDirectory directory, HoldfastSession session)
{
    private readonly ConcurrentDictionary<GrainId, Epoch> _held = new();
    private readonly DirectoryLossReports _losses = new(directory, session.Consensus);
    private readonly FencedTypes _types = new(session.Consensus);

    /// <summary>What is held, with the epoch to send along.</summary>
    public IReadOnlyDictionary<GrainId, Epoch> Held => _held.AsReadOnly();

    /// <summary>The session that holds.</summary>
    public HoldfastSession Session { get; } = session;

    /// <summary>
    /// The epoch under which a grain is held; false where it is not. It does not end with the lease of the session: the
    /// resources that are written to decide.
    /// </summary>
    public bool TryGetEpoch(GrainId grain, out Epoch epoch) => _held.TryGetValue(grain, out epoch);

    /// <summary>
    /// Claims any number of grains, each in the order given. The definition of a type is read before its first claim.
    /// </summary>
    /// <exception cref="GrainTypeNotFencedException">A type is leased or may be; nothing was claimed.</exception>
    /// <exception cref="SessionLostException">The session is lost.</exception>
    /// <exception cref="ConsensusUnavailableException">
    /// A newer token or the definition of a type was wanted, and nobody answered.
    /// </exception>
    /// <exception cref="DirectoryUnavailableException">Some may be claimed; claim again.</exception>
    public async Task<IReadOnlyList<ClaimResult>> ClaimAsync(
        IReadOnlyCollection<GrainClaim> grains, CancellationToken cancel)
    {
        await _types.DemandAsync(grains, cancel);
        var results = new List<ClaimResult>(grains.Count);
        var fenced = grains.Select(claim => claim with { Kind = GrainKind.Fenced });
        foreach (var batch in fenced.Chunk(DirectoryLimits.GrainsPerCallMax))
            results.AddRange(await ClaimBatchAsync(batch, cancel));
        _losses.BeginReport(Session.Lost);
        return results;
    }

    /// <summary>Claims grains that nobody else is expected to hold.</summary>
    /// <inheritdoc cref="ClaimAsync(IReadOnlyCollection{GrainClaim}, CancellationToken)"/>
    public Task<IReadOnlyList<ClaimResult>> ClaimAsync(
        IReadOnlyCollection<GrainId> grains, CancellationToken cancel) =>
        ClaimAsync([.. grains.Select(grain => new GrainClaim(grain))], cancel);

    /// <summary>Gives grains up. What the directory says is not ours any more is not held afterwards either.</summary>
    /// <exception cref="DirectoryUnavailableException">Some may be released; release again.</exception>
    public async Task<IReadOnlyList<GrainAnswer>> ReleaseAsync(
        IReadOnlyCollection<GrainId> grains, CancellationToken cancel)
    {
        var held = grains.Where(_held.ContainsKey).Select(grain => new HeldGrain(grain, _held[grain])).ToList();
        var answers = new List<GrainAnswer>(held.Count);
        foreach (var batch in held.Chunk(DirectoryLimits.GrainsPerCallMax))
            answers.AddRange(await directory.ReleaseAsync(batch, Session.Id, cancel));
        foreach (var answer in answers)
        {
            if (answer.Status is DirectoryStatus.Ok or DirectoryStatus.NotOwner or DirectoryStatus.NotFound)
                _held.TryRemove(answer.Grain, out _);
        }

        _losses.BeginReport(Session.Lost);
        return answers;
    }

    /// <summary>
    /// Forgets a grain without telling anyone, for a resource refused its epoch or an event says that it moved. Only
    /// the epoch that was seen to be stale is forgotten, not one that was claimed since.
    /// </summary>
    public bool Forget(GrainId grain, Epoch stale) =>
        _held.TryGetValue(grain, out var held) && held <= stale &&
        _held.TryRemove(new KeyValuePair<GrainId, Epoch>(grain, held));

    private async Task<IEnumerable<ClaimResult>> ClaimBatchAsync(GrainClaim[] batch, CancellationToken cancel)
    {
        var answers = await Session.CallAsync(
            batch,
            claim => claim.Grain,
            (asked, token) => directory.ClaimAsync(asked, Session.Cluster, Session.Id, token, cancel),
            cancel);
        return answers.Select(Learn);
    }

    private ClaimResult Learn(GrainAnswer answer)
    {
        if (answer.Status == DirectoryStatus.Ok)
        {
            Invariant.Holds(answer.Record is not null);
            _held.AddOrUpdate(
                answer.Grain,
                answer.Record.Epoch,
                (_, held) => answer.Record.Epoch > held ? answer.Record.Epoch : held);
        }
        else if (answer.Status == DirectoryStatus.LostRace)
        {
            _held.TryRemove(answer.Grain, out _);
        }

        return new ClaimResult(answer.Grain, answer.Status, answer.Record);
    }
}
