using System.Threading.Channels;
using Holdfast.Primitives;

namespace Holdfast.Hosting;

/// <summary>
/// The loop around a protocol core: one input after another, and a tick at the time that the core asked for. It waits
/// for nothing but the next input and the core's own clock, so nothing that is under way holds it up.
/// </summary>
/// <typeparam name="T">An input.</typeparam>
/// <param name="inputs">Read by this loop only.</param>
/// <param name="take">Steps the core with an input; answers when the next tick is wanted, null for never.</param>
/// <param name="tick">Steps it with the passing of time; answers alike.</param>
/// <param name="clock">The core's clock.</param>
/// <param name="time">The clock of the pauses.</param>
public sealed class InputLoop<T>(
    ChannelReader<T> inputs, Func<T, Instant?> take, Func<Instant?> tick, IMonotonicClock clock, TimeProvider time)
{
    /// <summary>
    /// Ticks once, and goes on until the channel is complete; with its exception, where it was completed with one.
    /// </summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        var wakeAt = tick();
        Task<bool>? arrival = null;
        while (true)
        {
            arrival ??= inputs.WaitToReadAsync(cancel).AsTask();
            if (await HasArrivedAsync(arrival, wakeAt))
            {
                if (!await arrival) return;
                arrival = null;
                while (inputs.TryRead(out var input)) wakeAt = take(input);
            }
            else
            {
                wakeAt = tick();
            }
        }
    }

    // False when it is time to wake up first.
    private async Task<bool> HasArrivedAsync(Task<bool> arrival, Instant? wakeAt)
    {
        if (arrival.IsCompleted) return true;
        if (wakeAt is not { } at)
        {
            await arrival;
            return true;
        }

        var pause = at - clock.Now();
        if (pause <= TimeSpan.Zero) return false;
        using var arrived = new CancellationTokenSource();
        await Task.WhenAny(arrival, Task.Delay(pause, time, arrived.Token));
        await arrived.CancelAsync();
        return arrival.IsCompleted;
    }
}
