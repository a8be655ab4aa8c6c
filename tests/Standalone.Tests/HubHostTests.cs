using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Holdfast.Contracts;
using Holdfast.Standalone.Hub;
using Holdfast.Standalone.Ports;
using Holdfast.Standalone.Processes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Standalone.Tests;

public sealed class HubHostTests : IAsyncLifetime
{
    private const string Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    private readonly WorkFolder _folder = new();
    private readonly int _port = new PortPlan(null).Take("the hub");
    private HubHost _hub = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        _hub = await HubHost.StartAsync(_port, _folder.TokenFile, deaf: false, quiet: true);

    public async ValueTask DisposeAsync()
    {
        await _hub.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task An_event_of_one_process_reaches_a_subscription_of_another_with_its_trace()
    {
        using var publisher = new HubEventPublisher(Layout.Url(_port), _folder.TokenFile);
        await using var subscriber = new HubEventSubscriber(
            Layout.Url(_port), _folder.TokenFile, NullLogger.Instance);
        var heard = new TaskCompletionSource<(PeerUp, string?)>();
        await using var subscription = subscriber.Subscribe<PeerUp>("test", (message, context, _) =>
        {
            heard.TrySetResult((message, context.TraceParent));
            return Task.CompletedTask;
        });
        await subscriber.Connected.WaitAsync(TimeSpan.FromSeconds(10), Cancel);

        await publisher.PublishAsync(PeerUp(), Trace, Cancel);

        var (message, trace) = await heard.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancel);
        message.ShouldBe(PeerUp());
        trace.ShouldNotBeNull();
        trace.ShouldContain("0af7651916cd43dd8448eb211c80319c");
    }

    [Fact]
    public async Task Publishing_needs_the_token()
    {
        using var http = new HttpClient { BaseAddress = Layout.Url(_port) };

        using var answer = await http.PostAsJsonAsync("/v1/events", new { type = "PeerUp" }, Cancel);

        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("""{"type":"PeerDead","event":{}}""", "'PeerDead' is not an event; legal are ")]
    [InlineData("""{"type":"PeerUp","event":{"nodeId":"e1"}}""", "Not a PeerUp: ")]
    [InlineData("""{"type":"PeerUp","event":5}""", "Not a PeerUp: ")]
    [InlineData("""{"type":"PeerUp","event":null}""", "Not a PeerUp: ")]
    [InlineData("nonsense", "")]
    public async Task What_is_no_event_is_refused_with_what_is_legal(string body, string told)
    {
        using var http = new HttpClient { BaseAddress = Layout.Url(_port) };
        http.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Bearer", await File.ReadAllTextAsync(_folder.TokenFile, Cancel));
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");

        using var answer = await http.PostAsync("/v1/events", content, Cancel);

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.Content.ReadAsStringAsync(Cancel)).ShouldContain(told);
    }

    [Fact]
    public void The_token_is_for_this_user_only()
    {
        if (OperatingSystem.IsWindows()) return;
        File.GetUnixFileMode(_folder.TokenFile).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private static PeerUp PeerUp() => new()
    {
        EventId = Guid.Empty,
        OccurredAt = DateTime.UnixEpoch,
        Source = "gossip/w1",
        Subject = "peer/east/e1",
        Sequence = EventIdentity.Sequence(1, 0),
        NodeId = "e1",
        ClusterId = "east",
        Generation = 1,
        Verdict = 0,
        Reason = "new",
    };
}
