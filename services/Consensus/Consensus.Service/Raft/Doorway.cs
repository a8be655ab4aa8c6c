using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>
/// Bounds what strangers cost: who has proved nothing yet has one of so many places, and only who has a place is given
/// a thread. The bound holds before the thread is made, so a flood of connections makes no more than that.
/// </summary>
/// <param name="strangersMax">Connections at once that have proved nothing.</param>
internal sealed class Doorway(int strangersMax)
{
    private int _strangers;

    /// <summary>Greets a connection on a thread of its own; false where there is no place for it.</summary>
    /// <param name="socket">The caller's to close where there is no place.</param>
    /// <param name="serve">
    /// Serves it until it ends, and calls <see cref="Leave"/> once, when it is greeted or given up.
    /// </param>
    /// <param name="serving">Ends with it.</param>
    public bool TryEnter(Socket socket, Func<Socket, Task> serve, [NotNullWhen(true)] out Task? serving)
    {
        if (Interlocked.Increment(ref _strangers) > strangersMax)
        {
            Leave();
            serving = null;
            return false;
        }

        // All that it awaits while it is greeted completes at once, see BlockingStream, so it stays there until then.
        serving = Task.Factory.StartNew(
            () => serve(socket),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default).Unwrap();
        return true;
    }

    /// <summary>Its place is free: it is known by now, or gone.</summary>
    public void Leave() => Interlocked.Decrement(ref _strangers);
}
