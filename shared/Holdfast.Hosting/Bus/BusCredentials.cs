using System.Security.Authentication;
using Microsoft.Extensions.Hosting;

namespace Holdfast.Hosting;

/// <summary>
/// Ends the start when the broker is there and does not take the password: nobody but an operator can mend that, and
/// waiting would hide it. Looks until the bus has served once; who served goes on while somebody changes passwords.
/// </summary>
internal sealed class BusCredentials(EventBus bus, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (bus.WaitsFor() is not null)
        {
            if (bus.Refusal() is { } refusal) throw new InvalidCredentialException(refusal);
            await timer.WaitForNextTickAsync(stoppingToken);
        }
    }
}
