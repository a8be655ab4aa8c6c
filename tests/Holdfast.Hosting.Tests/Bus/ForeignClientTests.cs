using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Holdfast.Contracts;
using Holdfast.Servers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Hosting.Tests.Bus;

/// <summary>Programs that are not .NET, on real RabbitMQ: ten lines of Python with the distribution's pika.</summary>
public sealed class ForeignClientTests : IAsyncLifetime
{
    private const string Python = "/usr/bin/python3";
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";
    private static readonly CancellationToken Never = CancellationToken.None;

    private ITestServer _broker = null!;
    private EventBus _bus = null!;

    public async ValueTask InitializeAsync()
    {
        _broker = await TestServers.RabbitMqAsync();
        _bus = EventBus.Open(Broker.OptionsOf(_broker), NullLoggerFactory.Instance);
    }

    public ValueTask DisposeAsync() => _bus.DisposeAsync();

    [Fact]
    public async Task A_python_subscriber_sees_plain_json_and_the_trace()
    {
        using var python = Start("subscriber.py", _broker.Port.ToString(CultureInfo.InvariantCulture));
        var lines = Lines(python);
        (await lines.NextAsync("the subscription")).ShouldBe("subscribed");
        var node = $"n{Guid.NewGuid():n}";
        var up = Sample.PeerUp(node, 3);

        await _bus.PublishAsync(up, $"00-{Trace}-b7ad6b7169203331-01", Never);

        // Other tests publish to the same exchange.
        string line;
        do line = await lines.NextAsync("the event in Python");
        while (!line.Contains(node, StringComparison.Ordinal));
        line.ShouldStartWith($"application/json {up.EventId} 00-{Trace}-");
        line[(line.IndexOf('{', StringComparison.Ordinal) - 1)..].ShouldBe(
            $$""" {'eventId': '{{up.EventId}}', 'occurredAt': '2026-01-02T03:04:05Z', 'source': 'gossip/n0', """ +
            $$"""'subject': 'peer/east/{{node}}', 'sequence': '0000000000000007-0000000000000003', """ +
            $$"""'nodeId': '{{node}}', 'clusterId': 'east', 'generation': 7, 'verdict': 3, 'reason': 'joined'}""");
        python.Kill();
    }

    [Fact]
    public async Task A_python_command_is_answered_on_its_own_queue_under_its_own_correlation()
    {
        var line = await CommandAsync("""{"commandId":"7e9f5f1a-1c9f-4c1a-9a66-2f2f6f5b7d11","nodeId":"n1"}""");

        line.ShouldBe(
            "CommandAccepted mine " +
            """{"commandId":"7e9f5f1a-1c9f-4c1a-9a66-2f2f6f5b7d11","detail":"cordoned n1"}""");
    }

    [Theory]
    [InlineData("""{"commandId":"7e9f5f1a-1c9f-4c1a-9a66-2f2f6f5b7d11","node":"n1"}""")]
    [InlineData("""{"commandId":"7e9f5f1a-1c9f-4c1a-9a66-2f2f6f5b7d11"}""")]
    [InlineData("""{"commandId":"7e9f5f1a-1c9f-4c1a-9a66-2f2f6f5b7d11","nodeId":7}""")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("no json")]
    public async Task A_malformed_command_is_refused_saying_what_is_legal(string command)
    {
        var line = await CommandAsync(command);

        line.ShouldStartWith("CommandRefused mine ");
        var json = line["CommandRefused mine ".Length..];
        var refused = JsonSerializer.Deserialize<CommandRefused>(json, ContractJson.Options);
        refused.ShouldNotBeNull().Code.ShouldBe("malformedCommand");
        refused.Legal.ShouldBe("A JSON object with the fields commandId (a UUID), nodeId (text).");
        refused.CommandId.ShouldBe(
            command.StartsWith('{') ? new Guid("7e9f5f1a-1c9f-4c1a-9a66-2f2f6f5b7d11") : Guid.Empty);
    }

    private async Task<string> CommandAsync(string command)
    {
        await using var responder = _bus.RespondTo<CordonNode>((cordon, _) => Task.FromResult<ICommandAnswer>(
            new CommandAccepted { CommandId = cordon.CommandId, Detail = $"cordoned {cordon.NodeId}" }));
        await _bus.WhenReadyAsync(responder).WaitAsync(TimeSpan.FromSeconds(20));
        using var python = Start("commander.py", _broker.Port.ToString(CultureInfo.InvariantCulture), command);
        return await Lines(python).NextAsync("the answer");
    }

    private static Process Start(string script, params string[] arguments)
    {
        var start = new ProcessStartInfo(Python, [Path.Combine(Folder(), script), .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        return Process.Start(start) ?? throw new InvalidOperationException($"{Python} did not start.");
    }

    private static Received<string> Lines(Process process)
    {
        var lines = new Received<string>();
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is not null) lines.Add(line.Data);
        };
        process.BeginOutputReadLine();
        return lines;
    }

    private static string Folder([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
