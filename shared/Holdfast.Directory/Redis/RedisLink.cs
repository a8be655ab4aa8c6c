using StackExchange.Redis;

namespace Holdfast.Directory.Redis;

/// <summary>
/// One connection from the first call that wants it until it is left for another, and the calls under way on it.
/// StackExchange.Redis 1.2.6 never ends some of the calls that are under way while it is closed; so they are ended here
/// when the connection is left, and what they kept goes with it.
/// </summary>
internal sealed class RedisLink : IDisposable
{
    /// <summary>Calls under way. A paused server answers none, and their memory must have a bound.</summary>
    public const int InFlightMax = 4_096;

    private readonly Lazy<Task<ConnectionMultiplexer>> _multiplexer;
    private readonly CancellationTokenSource _left = new();

    /// <param name="connect">Connects; called once at most.</param>
    public RedisLink(Func<Task<ConnectionMultiplexer>> connect) =>
        (_multiplexer, Left) = (new Lazy<Task<ConnectionMultiplexer>>(connect), _left.Token);

    /// <summary>A place for each call that may be under way; a late answer gives one back even after the end.</summary>
    public SemaphoreSlim InFlight { get; } = new(InFlightMax);

    /// <summary>Begins to connect, once.</summary>
    public Task<ConnectionMultiplexer> Multiplexer => _multiplexer.Value;

    /// <summary>The connection; null while nobody wanted it, or it has not come about.</summary>
    public ConnectionMultiplexer? Made =>
        _multiplexer.IsValueCreated && _multiplexer.Value.IsCompletedSuccessfully ? _multiplexer.Value.Result : null;

    /// <summary>Whether somebody wanted it.</summary>
    public bool IsWanted => _multiplexer.IsValueCreated;

    /// <summary>
    /// Cancelled once nobody listens for answers on it any more; a call that took the link just before asks for it
    /// after the end.
    /// </summary>
    public CancellationToken Left { get; }

    /// <summary>Ends the calls under way on it.</summary>
    public Task LeaveAsync() => _left.CancelAsync();

    public void Dispose() => _left.Dispose();
}
