using Holdfast.Client.Handoff;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Holdfast.Client.AspNetCore;

/// <summary>
/// Ties the daemon to the application's life: the data is opened before the server starts, and the application stops
/// when another process has taken over.
/// </summary>
internal sealed class HandoffHost(
    HandoffDaemon daemon,
    KestrelConnections connections,
    IHostApplicationLifetime lifetime,
    ILogger<HandoffHost> logger) : IHostedLifecycleService
{
    private Task _watching = Task.CompletedTask;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await daemon.StartAsync(cancellationToken);
        _watching = WatchAsync();
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        connections.ServerIsUp();
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>After the server: what it answered last is in the data by then.</summary>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        await daemon.DisposeAsync();
        await _watching;
    }

    private async Task WatchAsync()
    {
        var end = await daemon.Ended;
        if (lifetime.ApplicationStopping.IsCancellationRequested) return;
        Log.DaemonEnds(logger, end.Reason, end.ExitCode);
        Environment.ExitCode = end.ExitCode;
        connections.TurnAwayHeld();
        lifetime.StopApplication();
    }
}
