using System.Text.Json;
using RabbitMQ.Client;

namespace Holdfast.Integration.Subscribers;

/// <summary>An event as a program saw it that knows nothing of .NET.</summary>
/// <param name="Exchange">Where it was published.</param>
/// <param name="TraceParent">The W3C trace context beside it; empty where there was none.</param>
/// <param name="Body">The event.</param>
internal sealed record SeenEvent(string Exchange, string TraceParent, JsonElement Body)
{
    /// <summary>The 32 hex digits that are the same for all that follows from one cause.</summary>
    public string TraceId => TraceParent.Split('-') is [_, var trace, ..] ? trace : "";

    public string Text(string property) => Body.GetProperty(property).GetString() ?? "";

    public override string ToString() => $"{Exchange} {TraceParent} {Body.GetRawText()}";
}

/// <summary>The subscriber of the README, run by the distribution's Python.</summary>
internal sealed class PythonSubscriber : IAsyncDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(20);

    private readonly ChildProcess _python;

    private PythonSubscriber(Uri amqp, string queue, string[] exchanges)
    {
        var script = Path.Combine(AppContext.BaseDirectory, "Subscribers", "subscriber.py");
        _python = ChildProcess.Start(
            "python",
            "/usr/bin/python3",
            [script, amqp.AbsoluteUri, queue, .. exchanges],
            onOutput: line => Events.Add(Parse(line)));
    }

    public Sightings<SeenEvent> Events { get; } = new();

    /// <summary>
    /// On a broker that nobody has published to yet: makes the exchanges first, and goes on as
    /// <see cref="StartAsync"/>.
    /// </summary>
    public static async Task<PythonSubscriber> StartOnNewBrokerAsync(Uri amqp, string queue, params string[] exchanges)
    {
        await using var connection = await new ConnectionFactory { Uri = amqp }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        foreach (var exchange in exchanges)
            await channel.ExchangeDeclareAsync(exchange, ExchangeType.Fanout, durable: true);
        return await StartAsync(amqp, queue, exchanges);
    }

    /// <summary>Returns once its queue is bound to the exchanges.</summary>
    public static async Task<PythonSubscriber> StartAsync(Uri amqp, string queue, params string[] exchanges)
    {
        var subscriber = new PythonSubscriber(amqp, queue, exchanges);
        try
        {
            await subscriber._python.Errors.ExpectAsync("listening", line => line == "listening", StartPatience);
            return subscriber;
        }
        catch
        {
            await subscriber.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _python.DisposeAsync();

    private static SeenEvent Parse(string line)
    {
        using var document = JsonDocument.Parse(line);
        var parts = document.RootElement;
        var headers = parts[1];
        var trace = headers.ValueKind == JsonValueKind.Object && headers.TryGetProperty("traceparent", out var value)
            ? value.GetString() ?? ""
            : "";
        return new SeenEvent(parts[0].GetString() ?? "", trace, parts[2].Clone());
    }
}
