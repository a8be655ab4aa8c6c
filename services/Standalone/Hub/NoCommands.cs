using Holdfast.Contracts;
using Holdfast.Hosting;

namespace Holdfast.Standalone.Hub;

/// <summary>
/// No command comes to a process over the hub, which carries events only: each service takes the same changes over
/// its own HTTP.
/// </summary>
internal sealed class NoCommands : ICommandBus, IAsyncDisposable
{
    public IAsyncDisposable RespondTo<TCommand>(Func<TCommand, CancellationToken, Task<ICommandAnswer>> handle)
        where TCommand : class, ICommand => this;

    public IAsyncDisposable RespondTo<TCommand>(
        string queue, Func<TCommand, bool> concerns, Func<TCommand, CancellationToken, Task<ICommandAnswer>> handle)
        where TCommand : class, ICommand => this;

    public Task<ICommandAnswer> SendAsync(ICommand command, CancellationToken cancel) =>
        throw new NotSupportedException("The hub carries events only; ask the service over HTTP.");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
