using System.Diagnostics;
using Microsoft.AspNetCore.Connections.Features;

namespace Holdfast.Client.AspNetCore;

/// <summary>A connection as draining sees it: busy, idle for a while, or never used.</summary>
internal sealed class TrackedConnection
{
    private long _quietSince = Stopwatch.GetTimestamp();
    private int _requests;
    private volatile bool _speaksHttp2;

    /// <summary>Asks the server to close it in order; known once the server has taken it.</summary>
    public IConnectionLifetimeNotificationFeature? Lifetime { get; set; }

    /// <summary>Whether it can be told to end while requests are under way: only HTTP/2 has a word for that.</summary>
    public bool SpeaksHttp2 => _speaksHttp2;

    public void Begin(bool isHttp2)
    {
        _speaksHttp2 = isHttp2;
        Interlocked.Increment(ref _requests);
    }

    public void End()
    {
        Volatile.Write(ref _quietSince, Stopwatch.GetTimestamp());
        Interlocked.Decrement(ref _requests);
    }

    public bool IsQuietFor(TimeSpan time) =>
        Volatile.Read(ref _requests) == 0 && Stopwatch.GetElapsedTime(Volatile.Read(ref _quietSince)) >= time;
}
