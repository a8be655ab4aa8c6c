using System.Diagnostics;

namespace Holdfast.Directory;

/// <summary>
/// One span and one count for each call of a directory, whatever its implementation; the span is the trace that the
/// change carries into the outbox.
/// </summary>
/// <param name="system">What answers, for instance <c>redis</c>; the <c>db.system.name</c> of the spans.</param>
/// <param name="host">Its address; null in this process.</param>
/// <param name="port">Its port.</param>
internal sealed class CallTrace(string system, string? host = null, int? port = null)
{
    private const string Mixed = "mixed";

    /// <summary>The status that all grains share; null where they differ.</summary>
    public static DirectoryStatus? Common(IReadOnlyList<GrainAnswer> answers)
    {
        if (answers.Count == 0) return DirectoryStatus.Ok;
        return answers.All(answer => answer.Status == answers[0].Status) ? answers[0].Status : null;
    }

    /// <summary>Runs a call in a span of its own.</summary>
    public async Task<T> RunAsync<T>(
        string operation, int? shard, Func<Task<T>> call, Func<T, DirectoryStatus?> statusOf)
    {
        using var span = Telemetry.Source.StartActivity($"directory {operation}", ActivityKind.Client);
        if (span is { IsAllDataRequested: true }) Describe(span, operation, shard);
        try
        {
            var (answer, status) = await CountedAsync(operation, call, statusOf);
            span?.SetTag(Telemetry.Status, status);
            return answer;
        }
        catch (Exception error)
        {
            span?.SetTag(Telemetry.ErrorType, error.GetType().Name);
            span?.SetStatus(ActivityStatusCode.Error, error.Message);
            throw;
        }
    }

    /// <summary>Runs a call that is made all the time, such as a poll: counted, without a span.</summary>
    public async Task<T> RunQuietlyAsync<T>(
        string operation, Func<Task<T>> call, Func<T, DirectoryStatus?> statusOf) =>
        (await CountedAsync(operation, call, statusOf)).Answer;

    private static async Task<(T Answer, string Status)> CountedAsync<T>(
        string operation, Func<Task<T>> call, Func<T, DirectoryStatus?> statusOf)
    {
        var started = Stopwatch.GetTimestamp();
        var status = "error";
        try
        {
            var answer = await call();
            status = statusOf(answer) is { } known ? StatusText.Of(known) : Mixed;
            return (answer, status);
        }
        finally
        {
            var tags = new TagList { { Telemetry.Operation, operation }, { Telemetry.Status, status } };
            Telemetry.Calls.Add(1, tags);
            Telemetry.CallDuration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, tags);
        }
    }

    private void Describe(Activity span, string operation, int? shard)
    {
        span.SetTag("db.system.name", system);
        span.SetTag(Telemetry.Operation, operation);
        if (shard is { } number) span.SetTag(Telemetry.Shard, GrainShard.Name(number));
        if (host is null) return;
        span.SetTag("server.address", host);
        span.SetTag("server.port", port);
        span.SetTag("peer.service", $"holdfast-directory-{system}");
    }
}
