using Holdfast.Contracts;
using Holdfast.Hosting;
using Holdfast.Servers;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Holdfast.Integration.Hints;

/// <summary>Says on the bus what agents say of machines and processes, rightly or wrongly.</summary>
internal sealed class NewsOfMachines : IAsyncDisposable
{
    private readonly WebApplication _app;
    private ulong _verdict;

    private NewsOfMachines(WebApplication app) => _app = app;

    public static async Task<NewsOfMachines> StartAsync(ITestServer rabbit)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Node:Id"] = "news",
            ["Node:Cluster"] = "outside",
            ["Auth:AllowAnonymous"] = "true",
            ["Bus:Host"] = rabbit.Host,
            ["Bus:Port"] = $"{rabbit.Port}",
            ["urls"] = "http://127.0.0.1:0",
        });
        builder.AddHoldfastDefaults("news", telemetry: false);
        builder.AddHoldfastBus();
        var app = builder.Build();
        app.MapHoldfastDefaults();
        await app.StartAsync();
        return new NewsOfMachines(app);
    }

    public Task SuspectedAsync(string machine) => SayAsync(machine, (id, subject, sequence) => new PeerSuspected
    {
        EventId = id,
        OccurredAt = Now,
        Source = "news",
        Subject = subject,
        Sequence = sequence,
        NodeId = machine,
        ClusterId = "east",
        Generation = 1,
        Verdict = _verdict,
        Phi = 9,
        PhiThreshold = 8,
        Observer = "news",
        SilentForMs = 900,
    });

    public Task DownAsync(string machine) => SayAsync(machine, (id, subject, sequence) => new PeerDown
    {
        EventId = id,
        OccurredAt = Now,
        Source = "news",
        Subject = subject,
        Sequence = sequence,
        NodeId = machine,
        ClusterId = "east",
        Generation = 1,
        Verdict = _verdict,
        Phi = 9,
        Observers = [],
        ObserversWanted = 1,
        Reason = "majority",
        CutId = "cut",
    });

    public Task ProcessDownAsync(string machine, string workload) =>
        SayAsync(machine, (id, subject, sequence) => new WorkloadDown
        {
            EventId = id,
            OccurredAt = Now,
            Source = "news",
            Subject = subject,
            Sequence = sequence,
            NodeId = machine,
            ClusterId = "east",
            Generation = 1,
            Workload = workload,
            Pid = 7,
            ExitedAt = Now,
        });

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static DateTime Now => TimeProvider.System.GetUtcNow().UtcDateTime;

    private Task SayAsync<T>(string machine, Func<Guid, string, string, T> of)
        where T : class, IEvent
    {
        _verdict++;
        var (subject, sequence) = ($"peer/east/{machine}", EventIdentity.Sequence(1, _verdict));
        var message = of(EventIdentity.IdOf<T>(subject, sequence), subject, sequence);
        return _app.Services.GetRequiredService<IEventPublisher>()
            .PublishAsync(message, traceParent: null, TestContext.Current.CancellationToken);
    }
}
