using Holdfast.Directory;
using Holdfast.Primitives;

namespace Holdfast.Client.Tests.Simulation;

/// <summary>What the directory has carried out, whoever heard of it: what nobody may serve follows from it.</summary>
internal sealed class CarriedCalls
{
    // Each epoch is given to one session, and only the lease of that one counts for it.
    private readonly Dictionary<(GrainId, Epoch), SessionId> _givenTo = [];
    private readonly HashSet<(GrainId, Epoch)> _offered = [];
    private readonly HashSet<(GrainId, Epoch)> _released = [];

    public long Accepted { get; private set; }

    public long Offered { get; private set; }

    public long Withdrawn { get; private set; }

    public long Released => _released.Count;

    public SessionId? GivenTo(GrainId grain, Epoch epoch) =>
        _givenTo.TryGetValue((grain, epoch), out var session) ? session : null;

    /// <summary>Whether an offer of a grain stands: it may be accepted at any moment.</summary>
    public bool IsOffered(GrainId grain, Epoch epoch) => _offered.Contains((grain, epoch));

    /// <summary>Whether a grain was given up under an epoch.</summary>
    public bool IsReleased(GrainId grain, Epoch epoch) => _released.Contains((grain, epoch));

    /// <summary>A call was carried out.</summary>
    /// <param name="call">Its name.</param>
    /// <param name="args">What it was asked.</param>
    /// <param name="answer">What was answered, in the order of what was asked.</param>
    public void Carried(string call, object?[] args, object? answer)
    {
        if (answer is not IReadOnlyList<GrainAnswer> answers) return;
        var done = answers.Where(one => one.Status == DirectoryStatus.Ok).ToList();
        switch (call)
        {
            case nameof(IGrainDirectory.ClaimAsync) or nameof(IGrainDirectory.ReassertAsync):
                Give(done);
                break;
            case nameof(IGrainDirectory.AcceptAsync):
                Give(done);
                Accepted += done.Count;
                break;
            case nameof(IGrainDirectory.ReleaseAsync):
                _released.UnionWith(EpochsOf(args, done));
                break;
            case nameof(IGrainDirectory.OfferAsync) when args[2] is null:
                _offered.ExceptWith(EpochsOf(args, done));
                Withdrawn += done.Count;
                break;
            case nameof(IGrainDirectory.OfferAsync):
                _offered.UnionWith(EpochsOf(args, done));
                Offered += done.Count;
                break;
        }
    }

    private static IEnumerable<(GrainId, Epoch)> EpochsOf(object?[] args, IEnumerable<GrainAnswer> done)
    {
        var asked = ((IReadOnlyList<HeldGrain>)args[0]!).ToDictionary(held => held.Grain, held => held.Epoch);
        return done.Select(answer => (answer.Grain, asked[answer.Grain]));
    }

    private void Give(IEnumerable<GrainAnswer> done)
    {
        foreach (var record in done.Select(answer => answer.Record!))
            _givenTo.TryAdd((record.Grain, record.Epoch), record.Holder!.Value);
    }
}
