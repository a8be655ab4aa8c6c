using Holdfast.Contracts;
using Holdfast.Hosting;
using Holdfast.Primitives;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Client.Bus;

/// <summary>
/// How a program hears of what Holdfast does. Handlers run one at a time, see each event at least once, and by the
/// filter in front of them neither duplicates nor what is stale. An exception gives the event back to the bus, which
/// delivers it again and, after the delivery limit, puts it into <c>&lt;queue&gt;.&lt;event&gt;.dead</c>.
/// </summary>
public sealed class HoldfastSubscriber : IAsyncDisposable
{
    private readonly IEventSubscriber _bus;
    private readonly string _queue;
    private readonly FreshEvents _fresh;
    private readonly EventBus? _owned;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly List<IAsyncDisposable> _subscriptions = [];

    /// <summary>A subscriber on a bus that the program has already, such as the one of its host.</summary>
    /// <param name="bus">The bus.</param>
    /// <param name="queue">
    /// The subscriber's name on the bus. Processes that give the same one share the work; each other one gets
    /// everything.
    /// </param>
    /// <param name="store">What was handled; in memory and bounded unless given.</param>
    public HoldfastSubscriber(IEventSubscriber bus, string queue, ISequenceStore? store = null)
    {
        _bus = bus;
        _queue = queue;
        _fresh = new FreshEvents(store ?? new MemorySequenceStore());
    }

    private HoldfastSubscriber(EventBus owned, string queue, ISequenceStore? store)
        : this((IEventSubscriber)owned, queue, store) => _owned = owned;

    /// <summary>Connects in the background, again and again until the broker is there.</summary>
    public static HoldfastSubscriber Connect(
        BusOptions options, string queue, ISequenceStore? store = null, ILoggerFactory? loggers = null) =>
        new(EventBus.Open(options, loggers ?? NullLoggerFactory.Instance), queue, store);

    /// <summary>Calls <paramref name="handle"/> for each new event of a type.</summary>
    /// <param name="handle">
    /// The current <see cref="System.Diagnostics.Activity"/> continues the trace that began with the conviction.
    /// </param>
    /// <returns>The subscriber itself.</returns>
    public HoldfastSubscriber On<T>(Func<T, CancellationToken, Task> handle)
        where T : class, IEvent
    {
        ArgumentNullException.ThrowIfNull(handle);
        _subscriptions.Add(_bus.Subscribe<T>(_queue, async (message, _, cancel) =>
        {
            await _turn.WaitAsync(cancel);
            try
            {
                if (await _fresh.FreshAsync(message, cancel) is not { } fresh) return;
                await handle(fresh, cancel);
                await _fresh.HandledAsync(fresh, cancel);
            }
            finally
            {
                _turn.Release();
            }
        }));
        return this;
    }

    /// <summary>
    /// Has a host of slots sync at once when Recovery orders something of its node; without it the host hears so with
    /// its next sync.
    /// </summary>
    /// <param name="host">The host.</param>
    /// <param name="node">Its node.</param>
    /// <returns>The subscriber itself.</returns>
    /// <exception cref="InvalidOperationException">The bus carries no commands.</exception>
    public HoldfastSubscriber Nudge(SlotHost host, NodeId node)
    {
        ArgumentNullException.ThrowIfNull(host);
        var commands = _bus as ICommandBus ?? throw new InvalidOperationException("This bus carries no commands.");
        _subscriptions.AddRange(SlotNudges.Listen(commands, host, _queue, node));
        return this;
    }

    /// <summary>
    /// Has a keeper of grains claim what is promoted, look at what may be another's, and answer
    /// <see cref="OfferTransfer"/>, each at once; without it the keeper finds the first two by itself, later.
    /// </summary>
    /// <param name="keeper">The keeper.</param>
    /// <returns>The subscriber itself.</returns>
    public HoldfastSubscriber Hint(GrainKeeper keeper)
    {
        ArgumentNullException.ThrowIfNull(keeper);
        GrainHearing.Hear(this, keeper);
        if (_bus is ICommandBus commands) _subscriptions.Add(GrainHearing.Answer(commands, keeper, _queue));
        return this;
    }

    /// <summary>Completes once every subscription so far is read: what is published then arrives.</summary>
    public Task WhenReadyAsync() => _bus is EventBus bus
        ? Task.WhenAll(_subscriptions.Select(bus.WhenReadyAsync))
        : Task.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var subscription in _subscriptions) await subscription.DisposeAsync();
        if (_owned is not null) await _owned.DisposeAsync();
        _turn.Dispose();
    }
}
