namespace Holdfast.Client.Bus;

/// <summary>
/// Remembers how far a subscriber has come, key by key. In memory it forgets with the process, and the first event of
/// a subject after a start always counts as new; a durable one (a table of the subscriber's own database, written in
/// the transaction of the handler) makes handling exactly once in effect.
/// </summary>
public interface ISequenceStore
{
    /// <summary>What was kept last under a key; null for nothing.</summary>
    ValueTask<string?> ReadAsync(string key, CancellationToken cancel);

    /// <summary>Keeps a sequence or epoch under a key.</summary>
    ValueTask WriteAsync(string key, string sequence, CancellationToken cancel);
}
