using System.Collections.Concurrent;
using System.Diagnostics;
using Holdfast.Client.Handoff;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Holdfast.Client.AspNetCore;

/// <summary>
/// The connections of a Kestrel application. It drains in two steps: first every answer ends its connection while new
/// ones are still accepted, so that clients turn around without waiting; then accepting stops, and only what is under
/// way is waited for. What arrives meanwhile waits in the listener's queue for whoever accepts next.
/// </summary>
internal sealed class KestrelConnections(KestrelDaemonOptions options, HealthCheckService? health)
    : IDaemonConnections, IDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(5);

    private readonly ConcurrentDictionary<TrackedConnection, byte> _open = new();
    private readonly ConcurrentQueue<string> _listening = new();
    private readonly TaskCompletionSource _up = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile TaskCompletionSource<bool>? _hold;
    private volatile bool _isDraining;

    public AcceptGate Gate { get; } = new();

    public IReadOnlyList<string> Listening => [.. _listening];

    public Task Up => _up.Task;

    public void ServerIsUp() => _up.TrySetResult();

    public void Listens(string address) => _listening.Enqueue(address);

    /// <summary>Counts a connection from its accept on.</summary>
    public TrackedConnection Track()
    {
        var tracked = new TrackedConnection();
        _open.TryAdd(tracked, 0);
        return tracked;
    }

    /// <summary>Follows a connection to its end.</summary>
    public async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var tracked = connection.Features.Get<TrackedConnection>() ?? Track();
        tracked.Lifetime = connection.Features.Get<IConnectionLifetimeNotificationFeature>();
        try
        {
            await next(connection);
        }
        finally
        {
            _open.TryRemove(tracked, out _);
        }
    }

    /// <summary>Follows a request, and ends its connection with the answer while the process drains.</summary>
    public async Task ServeAsync(HttpContext context, RequestDelegate next)
    {
        var tracked = context.Features.Get<TrackedConnection>();
        var protocol = context.Request.Protocol;
        var isHttp1 = HttpProtocol.IsHttp11(protocol) || HttpProtocol.IsHttp10(protocol);
        tracked?.Begin(!isHttp1);
        try
        {
            if (_hold is { } hold && !await hold.Task.WaitAsync(context.RequestAborted))
            {
                TurnAway(context.Response);
                return;
            }

            if (isHttp1) context.Response.OnStarting(EndWithAnswerAsync, context.Response);
            else if (_isDraining) tracked?.Lifetime?.RequestClose();
            await next(context);
        }
        finally
        {
            tracked?.End();
        }
    }

    public async Task<bool> IsHealthyAsync(CancellationToken cancel)
    {
        if (health is null) return true;
        var report = await health.CheckHealthAsync(cancel);
        return report.Status != HealthStatus.Unhealthy;
    }

    public void Accept()
    {
        _isDraining = false;
        Interlocked.Exchange(ref _hold, null)?.TrySetResult(true);
        Gate.Open();
    }

    public void Hold() =>
        Interlocked.CompareExchange(
            ref _hold, new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously), null);

    /// <summary>Answers what is held: another process serves, and a new connection leads there.</summary>
    public void TurnAwayHeld()
    {
        Hold();
        _hold?.TrySetResult(false);
    }

    public async Task<DrainReport> DrainAsync(TimeSpan grace, CancellationToken cancel)
    {
        var start = Stopwatch.GetTimestamp();
        _isDraining = true;
        foreach (var connection in _open.Keys)
            if (connection.SpeaksHttp2) connection.Lifetime?.RequestClose();

        var old = _open.Keys.ToArray();
        var turnover = grace / 2 < options.Turnover ? grace / 2 : options.Turnover;
        await WaitAsync(() => !Array.Exists(old, _open.ContainsKey), start, turnover, cancel);

        await Gate.CloseAsync();
        await WaitAsync(() => _open.IsEmpty, start, grace, cancel);
        foreach (var connection in _open.Keys) connection.Lifetime?.RequestClose();
        return new DrainReport(_open.Count, AcceptClosed: true);
    }

    public void Dispose() => Gate.Dispose();

    private static void TurnAway(HttpResponse response)
    {
        response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        response.Headers.RetryAfter = "0";
        response.Headers.Connection = "close";
    }

    private Task EndWithAnswerAsync(object response)
    {
        if (_isDraining) ((HttpResponse)response).Headers.Connection = "close";
        return Task.CompletedTask;
    }

    private async Task WaitAsync(Func<bool> isDone, long start, TimeSpan until, CancellationToken cancel)
    {
        using var look = new PeriodicTimer(LookInterval);
        while (!isDone() && Stopwatch.GetElapsedTime(start) < until)
        {
            foreach (var connection in _open.Keys)
                if (connection.IsQuietFor(options.IdleClose)) connection.Lifetime?.RequestClose();
            await look.WaitForNextTickAsync(cancel);
        }
    }
}
