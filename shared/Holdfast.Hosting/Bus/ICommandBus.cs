using Holdfast.Contracts;

namespace Holdfast.Hosting;

/// <summary>Commands: asked of whoever answers for them, each answered once.</summary>
public interface ICommandBus
{
    /// <summary>
    /// Answers commands of a type, one at a time. A command that was answered already gets the same answer again
    /// without being carried out twice (as long as it is remembered); a malformed one is refused, saying what is
    /// legal; a handler that throws refuses with <c>failed</c>.
    /// </summary>
    IAsyncDisposable RespondTo<TCommand>(Func<TCommand, CancellationToken, Task<ICommandAnswer>> handle)
        where TCommand : class, ICommand;

    /// <summary>
    /// The same for a command that names whom it is for: every one that answers has a queue of its own and hears all
    /// of them, and answers those that concern it. Nothing is said to the sender where nobody is concerned.
    /// </summary>
    /// <param name="queue">The name of the queue, one per process.</param>
    /// <param name="concerns">Whether a command is for this process.</param>
    /// <param name="handle">Carries it out.</param>
    IAsyncDisposable RespondTo<TCommand>(
        string queue, Func<TCommand, bool> concerns, Func<TCommand, CancellationToken, Task<ICommandAnswer>> handle)
        where TCommand : class, ICommand;

    /// <summary>Sends a command and waits for its answer.</summary>
    /// <exception cref="BusUnavailableException">
    /// There is no queue that takes the command, or nobody answered within the deadline; then it may or may not have
    /// been carried out, and can be repeated with the same id.
    /// </exception>
    Task<ICommandAnswer> SendAsync(ICommand command, CancellationToken cancel);
}
