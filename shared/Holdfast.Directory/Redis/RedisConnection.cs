using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Holdfast.Directory.Redis;

/// <summary>
/// The way to Redis with what StackExchange.Redis 1.2.6 does not do: a deadline for every call (its asynchronous calls
/// never time out), retries within it, and the user of an access list (docs/decisions/0002). Connects in the
/// background from the first call on, and again whenever the connection is lost.
/// </summary>
internal sealed partial class RedisConnection : IAsyncDisposable
{
    private static readonly TimeSpan BackoffFirst = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan BackoffMax = TimeSpan.FromMilliseconds(250);

    private readonly DirectoryOptions _options;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly Func<CancellationToken, Task> _onConnected;
    private readonly Func<ConfigurationOptions, Task<ConnectionMultiplexer>> _open;
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _gate = new();
    private readonly Lazy<Task>? _watching;
    private volatile RedisLink _link;
    private volatile bool _isWrongPassword;
    private volatile string? _whyNotConnected;
    private long _heardAt;
    private Task _leaving = Task.CompletedTask;
    private Task _greeting = Task.CompletedTask;

    /// <param name="options">Where, and as whom.</param>
    /// <param name="logger">Where trouble is told.</param>
    /// <param name="time">The clock of deadlines and pauses.</param>
    /// <param name="onConnected">Runs beside the calls after each new connection; throws nothing.</param>
    /// <param name="open">Opens a connection; absent: StackExchange.Redis does.</param>
    public RedisConnection(
        DirectoryOptions options,
        ILogger logger,
        TimeProvider time,
        Func<CancellationToken, Task> onConnected,
        Func<ConfigurationOptions, Task<ConnectionMultiplexer>>? open = null)
    {
        _options = options;
        _logger = logger;
        _time = time;
        _onConnected = onConnected;
        _open = open ?? (configuration => ConnectionMultiplexer.ConnectAsync(configuration));
        _link = new RedisLink(ConnectAsync);
        if (options.Sentinels is null) return;
        _sentinels = new Sentinels(options, time);
        _watching = new Lazy<Task>(WatchSentinelsAsync);
    }

    /// <summary>Runs a script on the shard whose meta key is given.</summary>
    /// <exception cref="DirectoryUnavailableException">No answer within the deadline, or an error of the
    /// server.</exception>
    public async Task<RedisResult> EvaluateAsync(
        RedisScript script, RedisKey key, RedisValue[] arguments, CancellationToken cancel)
    {
        var started = _time.GetTimestamp();
        Exception? last = null;
        for (var backoff = BackoffFirst; ; backoff = Min(backoff * 2, BackoffMax))
        {
            cancel.ThrowIfCancellationRequested();
            var used = _link;
            try
            {
                if (last is not null) await RecoverFromAsync(used, last, key, WaitMax(started), cancel);
                return await AttemptAsync(used, script, key, arguments, started, cancel);
            }
            catch (Exception error) when (
                RedisError.IsRedis(error) || (error is OperationCanceledException && !cancel.IsCancellationRequested))
            {
                // A deadline that ends a retry says less than what made the retry necessary.
                if (error is TimeoutException) LeaveIfSilent(used);
                last = error is TimeoutException && last is not null ? last : error;
                LookForMaster();
                LookForNodes(used);
                if (!RedisError.IsPassing(error) || Left(started) <= backoff) throw Unavailable(script, key, last);
                Telemetry.Retries.Add(1, new KeyValuePair<string, object?>(
                    Telemetry.ErrorType, RedisError.CodeOf(error)));
            }

            await Task.Delay(backoff, _time, cancel);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        if (_link.IsWanted) await CloseAsync(_link);
        await _leaving;
        await _greeting;
        if (_watching is { IsValueCreated: true }) await _watching.Value;
        _sentinels?.Dispose();
        _looks.Dispose();
        _closing.Dispose();
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private TimeSpan Left(long started) => _options.Deadline - _time.GetElapsedTime(started);

    /// <summary>
    /// How long the next wait of a call may be; asked before each, so that all of them share one deadline.
    /// </summary>
    private TimeSpan WaitMax(long started) => Left(started) is var left && left > TimeSpan.Zero
        ? left
        : throw new TimeoutException("Nothing is left of the deadline.");

    private async Task<RedisResult> AttemptAsync(
        RedisLink link,
        RedisScript script,
        RedisKey key,
        RedisValue[] arguments,
        long started,
        CancellationToken cancel)
    {
        var multiplexer = await link.Multiplexer.WaitAsync(WaitMax(started), _time, cancel);
        var database = multiplexer.GetDatabase();
        try
        {
            return await SendAsync(
                link,
                () => database.ScriptEvaluateAsync(script.Digest, [key], arguments, CommandFlags.DemandMaster),
                started,
                cancel);
        }
        catch (RedisServerException error) when (RedisError.HasCode(error, RedisError.NoScript))
        {
            // EVAL runs the script and keeps it for the calls by digest that follow, on the server that needs it.
            object[] eval = [script.Text, 1, key, .. arguments.Select(argument => (object)argument)];
            return await SendAsync(
                link, () => database.ExecuteAsync("EVAL", eval, CommandFlags.DemandMaster), started, cancel);
        }
    }

    /// <summary>
    /// Sends a command and waits no longer than is left of the call's deadline, nor than anybody listens on its
    /// connection; a later answer is dropped.
    /// </summary>
    private async Task<RedisResult> SendAsync(
        RedisLink link, Func<Task<RedisResult>> command, long started, CancellationToken cancel)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(link.Left, cancel);
        try
        {
            if (!await link.InFlight.WaitAsync(WaitMax(started), either.Token))
                throw new TimeoutException($"{RedisLink.InFlightMax} calls are under way already.");
            var said = await Begun(link, command).WaitAsync(WaitMax(started), _time, either.Token);
            Heard();
            return said;
        }
        catch (RedisServerException)
        {
            Heard();
            throw;
        }
        catch (OperationCanceledException) when (
            link.Left.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw new ObjectDisposedException(nameof(ConnectionMultiplexer), "The connection was left for another.");
        }
    }

    /// <summary>The answer to a command, which gives its place back once it is there.</summary>
    private static Task<RedisResult> Begun(RedisLink link, Func<Task<RedisResult>> command)
    {
        Task<RedisResult> answer;
        try
        {
            answer = command();
        }
        catch
        {
            link.InFlight.Release();
            throw;
        }

        _ = answer.ContinueWith(
            ended =>
            {
                link.InFlight.Release();

                // Looked at, so that an answer nobody waits for any more is not an unobserved exception.
                return ended.Exception;
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return answer;
    }

    private async Task RecoverFromAsync(
        RedisLink link, Exception error, RedisKey key, TimeSpan left, CancellationToken cancel)
    {
        if (RedisError.IsUnauthenticated(error) && link.Made is { } multiplexer)
            await AuthenticateAsync(multiplexer, key).WaitAsync(left, _time, cancel);
    }
}
