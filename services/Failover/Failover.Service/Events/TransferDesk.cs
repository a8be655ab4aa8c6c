using Holdfast.Contracts.Http;
using Holdfast.Directory;
using Holdfast.Failover.Protocol;
using Holdfast.Failover.Service.Directory;
using Holdfast.Failover.Service.Loop;
using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Events;

/// <summary>
/// Planned transfers, such as bringing grains back after a failover: asks the owners for one batch after the other and
/// counts what arrives. Ownership moves by the owners' offers and the receivers' claims alone; this only asks, so it
/// may end at any moment, and what it knows of its transfers ends with the process.
/// </summary>
internal sealed class TransferDesk(
    FailoverLoop loop, FailoverOptions options, OwnerCounts counts, TransferSteps steps, ILogger<TransferDesk> logger)
    : IHostedService, IDisposable
{
    private const int TransfersMax = 100;

    private readonly Lock _gate = new();
    private readonly List<TransferRun> _runs = [];
    private readonly CancellationTokenSource _stop = new();

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        Task[] running;
        lock (_gate) running = [.. _runs.Select(run => run.Work)];
        await Task.WhenAll(running).WaitAsync(cancellationToken);
    }

    public void Dispose() => _stop.Dispose();

    /// <summary>A transfer as it stands; null where there is none of this id.</summary>
    public GrainTransferAnswer? Find(string id)
    {
        lock (_gate) return _runs.FirstOrDefault(run => run.Answer.Id == id)?.Answer;
    }

    public IReadOnlyList<GrainTransferAnswer> All()
    {
        lock (_gate) return [.. _runs.Select(run => run.Answer).Reverse()];
    }

    public async Task<IResult> BeginAsync(GrainTransferRequest request, CancellationToken cancel)
    {
        if (Invalid(request, loop.View) is { } problem) return Problem.Invalid(problem);
        if (loop.View.World?.Nodes.Any(node => node.Live && node.Cluster.Value == request.To) != true)
        {
            return Problem.Answer(
                StatusCodes.Status409Conflict, ProblemCodes.NoLiveCluster, $"No node of {request.To} is live.");
        }

        try
        {
            var from = new ClusterId(request.From);
            var owned = (await counts.OfAsync([from], cancel))[from];
            if (owned == 0 && loop.View.World?.Nodes.Any(node => node.Cluster == from) != true)
                return Problem.NotFound($"{from} has no node and owns no grain: nobody knows such a cluster.");
            var run = new TransferRun(request, owned);
            if (!TryAdd(run))
            {
                return Problem.Answer(
                    StatusCodes.Status409Conflict,
                    ProblemCodes.LimitReached,
                    $"A transfer from {request.From} is under way, or {TransfersMax} others are.");
            }

            Log.TransferBegan(logger, request.From, request.To, run.Answer.Id);
            run.Work = Task.Run(() => steps.RunAsync(run, options, _stop.Token), CancellationToken.None);
            return Results.Accepted(FailoverRoutes.Transfer(run.Answer.Id), run.Answer);
        }
        catch (DirectoryUnavailableException away)
        {
            return Problem.Answer(
                StatusCodes.Status503ServiceUnavailable, ProblemCodes.DirectoryUnavailable, away.Message);
        }
    }

    private bool TryAdd(TransferRun run)
    {
        lock (_gate)
        {
            if (_runs.Any(other => other.IsRunning && other.Answer.From == run.Answer.From)) return false;
            if (_runs.Count == TransfersMax && _runs.RemoveAll(other => !other.IsRunning) == 0) return false;
            _runs.Add(run);
            return true;
        }
    }

    private static string? Invalid(GrainTransferRequest request, FailoverView view)
    {
        if (!ClusterId.IsLegal(request.From) || !ClusterId.IsLegal(request.To) || request.From == request.To)
            return $"'{request.From}' to '{request.To}': two different cluster ids are wanted.";
        if (request.GrainsMax < 1 || request.BatchMax is < 1 or > DirectoryLimits.GrainsPerCallMax)
            return $"At least 1 grain, and batches of 1 to {DirectoryLimits.GrainsPerCallMax}, are wanted.";
        if (request.GrainType is not { } type) return null;
        if (GrainId.Problem(type, "any") is { } problem) return problem;
        return view.World?.GrainTypes.FirstOrDefault(rule => rule.Type == type) is { } rule &&
            !rule.Allowed.Contains(new ClusterId(request.To))
            ? $"Grains of the type {type} may not live in {request.To}; allowed are {string.Join(", ", rule.Allowed)}."
            : null;
    }
}

/// <summary>One transfer: its work, and how it stands.</summary>
internal sealed class TransferRun(GrainTransferRequest request, long owned)
{
    private volatile GrainTransferAnswer _answer = new()
    {
        Id = Guid.NewGuid().ToString("N"),
        From = request.From,
        To = request.To,
        GrainType = request.GrainType,
        GrainsMax = request.GrainsMax,
        State = Running,
        Batches = 0,
        Transferred = 0,
        Remaining = owned,
    };

    public const string Running = "running";

    public GrainTransferRequest Request => request;

    /// <summary>How many grains the giver owned at first.</summary>
    public long Owned => owned;

    public GrainTransferAnswer Answer
    {
        get => _answer;
        set => _answer = value;
    }

    public bool IsRunning => _answer.State == Running;

    public Task Work { get; set; } = Task.CompletedTask;
}
