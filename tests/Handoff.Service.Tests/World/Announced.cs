using Holdfast.Contracts;
using Holdfast.Hosting;

namespace Holdfast.Handoff.Service.Tests.World;

/// <summary>A bus that keeps what it is given.</summary>
internal sealed class Announced : IEventPublisher
{
    private readonly Lock _gate = new();
    private readonly List<(IEvent Message, string? Trace)> _all = [];

    public IReadOnlyList<(IEvent Message, string? Trace)> All
    {
        get
        {
            lock (_gate) return [.. _all];
        }
    }

    public Task PublishAsync(IEvent message, string? traceParent, CancellationToken cancel)
    {
        lock (_gate) _all.Add((message, traceParent));
        return Task.CompletedTask;
    }

    public IReadOnlyList<T> Of<T>()
        where T : IEvent => [.. All.Select(said => said.Message).OfType<T>()];

    public async Task<T> FirstAsync<T>()
        where T : IEvent =>
        (await Until.SeesAsync($"a {typeof(T).Name}", _ => Task.FromResult(Of<T>()), all => all.Count > 0))[0];
}

/// <summary>No command ever comes.</summary>
internal sealed class NoCommands : ICommandBus, IAsyncDisposable
{
    public IAsyncDisposable RespondTo<TCommand>(Func<TCommand, CancellationToken, Task<ICommandAnswer>> handle)
        where TCommand : class, ICommand => this;

    public IAsyncDisposable RespondTo<TCommand>(
        string queue, Func<TCommand, bool> concerns, Func<TCommand, CancellationToken, Task<ICommandAnswer>> handle)
        where TCommand : class, ICommand => this;

    public Task<ICommandAnswer> SendAsync(ICommand command, CancellationToken cancel) =>
        throw new NotSupportedException("This bus keeps events only.");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
