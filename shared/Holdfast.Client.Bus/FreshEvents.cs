using Holdfast.Contracts;

namespace Holdfast.Client.Bus;

/// <summary>
/// Tells what is new from what is stale or a duplicate. The bus delivers at least once and, after a redelivery, not in
/// order; the events themselves say what they are.
/// </summary>
/// <remarks>
/// A state event is new when nothing later about its subject was handled, and it was not handled itself. Later means
/// a higher sequence from the same kind of source: Gossip's word on a peer (by generation and verdict) and
/// Consensus' (by token) are counted apart. A fact event is looked at grain by grain: a change is new when no higher
/// epoch of the grain was handled, and it was not handled itself; what is left of the batch is handed on. A release
/// keeps the epoch that it gives up and is the last fact of it, so what else happened under that epoch is stale then.
/// </remarks>
internal sealed class FreshEvents(ISequenceStore store)
{
    // Sorts behind every other fact of the same epoch, and before those of the next.
    private const string LastOfEpoch = "+";

    /// <summary>The event, or what is new of it; null when nothing is.</summary>
    public async ValueTask<T?> FreshAsync<T>(T message, CancellationToken cancel)
        where T : class, IEvent
    {
        if (GrainsOf(message) is not { } grains)
        {
            var isNew = await IsNewAsync<T>(KeyOf(message), message.Sequence, cancel);
            return isNew ? message : null;
        }

        var fresh = new List<GrainChange>(grains.Count);
        foreach (var change in grains)
        {
            if (await IsNewAsync<T>(KeyOf(change), change.NewEpoch, cancel)) fresh.Add(change);
        }

        if (fresh.Count == 0) return null;
        return fresh.Count == grains.Count ? message : (T)With(message, fresh);
    }

    /// <summary>Remembers that an event was handled; called after the handler has returned.</summary>
    public async ValueTask HandledAsync<T>(T message, CancellationToken cancel)
        where T : class, IEvent
    {
        if (GrainsOf(message) is not { } grains)
        {
            await KeepAsync<T>(KeyOf(message), message.Sequence, cancel);
            return;
        }

        foreach (var change in grains) await KeepAsync<T>(KeyOf(change), change.NewEpoch, cancel);
    }

    private async ValueTask<bool> IsNewAsync<T>(string key, string sequence, CancellationToken cancel)
    {
        if (string.CompareOrdinal(await store.ReadAsync(key, cancel), Ranked<T>(sequence)) > 0) return false;

        // Claimed and released under one epoch are two facts; the same one twice is a duplicate.
        return string.CompareOrdinal(await store.ReadAsync(Of<T>(key), cancel), sequence) < 0;
    }

    private async ValueTask KeepAsync<T>(string key, string sequence, CancellationToken cancel)
    {
        await store.WriteAsync(key, Ranked<T>(sequence), cancel);
        await store.WriteAsync(Of<T>(key), sequence, cancel);
    }

    private static string Ranked<T>(string sequence) =>
        typeof(T) == typeof(GrainReleased) ? sequence + LastOfEpoch : sequence;

    private static string Of<T>(string key) => $"{key}#{typeof(T).Name}";

    private static string KeyOf(GrainChange change) => $"grain/{change.Type}/{change.Key}";

    private static string KeyOf(IEvent message)
    {
        var end = message.Source.IndexOf('/', StringComparison.Ordinal);
        return $"{(end < 0 ? message.Source : message.Source[..end])}:{message.Subject}";
    }

    private static IReadOnlyList<GrainChange>? GrainsOf(IEvent message) => message switch
    {
        GrainPromoted promoted => promoted.Grains,
        GrainClaimed claimed => claimed.Grains,
        GrainReleased released => released.Grains,
        GrainTransferred transferred => transferred.Grains,
        GrainDemoted demoted => demoted.Grains,
        _ => null,
    };

    private static IEvent With(IEvent message, IReadOnlyList<GrainChange> grains) => message switch
    {
        GrainPromoted promoted => promoted with { Grains = grains },
        GrainClaimed claimed => claimed with { Grains = grains },
        GrainReleased released => released with { Grains = grains },
        GrainTransferred transferred => transferred with { Grains = grains },
        GrainDemoted demoted => demoted with { Grains = grains },
        _ => message,
    };
}
