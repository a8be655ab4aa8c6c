using System.Net;
using System.Net.Http.Headers;
using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Primitives;

namespace Holdfast.Handoff.Service.Agent;

/// <summary>
/// The node's Gossip agent, as the supervisor needs it: it watches the processes of daemons and is told of planned
/// silences. Without one nobody is told, and nothing waits.
/// </summary>
internal sealed class AgentClient(HandoffOptions options, TimeProvider time, ILogger<AgentClient> logger) : IDisposable
{
    private readonly HttpClient? _http =
        options.Agent is { } agent ? new HttpClient { BaseAddress = agent, Timeout = options.AgentDeadline } : null;

    private volatile string? _trouble;

    /// <summary>Why the agent could not be told something last; null when all is well.</summary>
    public string? Trouble => _trouble;

    public Task<bool> WatchAsync(WorkloadName daemon, int pid, CancellationToken cancel) => TellAsync(
        HttpMethod.Put, $"v1/workloads/{daemon}", new WatchWorkloadRequest { Pid = pid, ReportsExit = true }, cancel);

    /// <summary>An agent that looked at the process sooner has told of its end, which is no trouble.</summary>
    public Task<bool> TellExitAsync(WorkloadName daemon, int pid, int? code, CancellationToken cancel) => TellAsync(
        HttpMethod.Post,
        $"v1/workloads/{daemon}/exit",
        new WorkloadExitRequest { Pid = pid, ExitCode = code },
        cancel,
        mayBeUnknown: true);

    public Task<bool> ForgetAsync(WorkloadName daemon, CancellationToken cancel) =>
        TellAsync<object>(HttpMethod.Delete, $"v1/workloads/{daemon}", null, cancel, mayBeUnknown: true);

    public Task<bool> PlanSilenceAsync(WorkloadName daemon, TimeSpan span, CancellationToken cancel) => TellAsync(
        HttpMethod.Post,
        "v1/planned-silence",
        new PlannedSilenceRequest { Workload = daemon.Value, Until = time.GetUtcNow() + span },
        cancel);

    public void Dispose() => _http?.Dispose();

    /// <summary>Whether the agent has taken it in; true where there is none to be told.</summary>
    private async Task<bool> TellAsync<T>(
        HttpMethod method, string path, T? body, CancellationToken cancel, bool mayBeUnknown = false)
        where T : class
    {
        if (_http is null) return true;
        try
        {
            using var request = new HttpRequestMessage(method, path);
            if (body is not null) request.Content = JsonContent.Create(body, options: ContractJson.Options);
            if (ReadToken() is { } token)
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            using var answer = await _http.SendAsync(request, cancel);
            if (answer.IsSuccessStatusCode || (mayBeUnknown && answer.StatusCode == HttpStatusCode.NotFound))
            {
                if (_trouble is not null) Log.AgentAnswers(logger);
                _trouble = null;
                return true;
            }

            Fail(path, $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(cancel)}");
            return false;
        }
        catch (Exception failure) when (
            failure is HttpRequestException or IOException or UnauthorizedAccessException ||
            (failure is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            Fail(path, failure.Message);
            return false;
        }
    }

    // A supervisor and its agent are a node's own; a missing token file is told by the agent's refusal too.
    private string? ReadToken() => options.AgentTokenFile is { } file
        ? File.ReadLines(file).Select(line => line.Trim()).FirstOrDefault(line => line.Length > 0)
        : null;

    private void Fail(string path, string why)
    {
        if (_trouble is null) Log.AgentUntold(logger, path, why);
        _trouble = $"the agent at {options.Agent}: {path}: {why}";
    }
}
