using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using Holdfast.Contracts;
using Holdfast.Hosting;
using Holdfast.Standalone.Hub;
using Holdfast.Standalone.Ports;
using Holdfast.Standalone.Processes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Standalone.Tests;

public sealed class HubCommandTests : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);
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
    public async Task A_command_to_one_process_is_answered_by_another()
    {
        await using var process = Process();
        process.RespondTo<CordonNode>((cordon, _) => Accepted(cordon, $"{cordon.NodeId} is cordoned"));
        await process.WhenReadyAsync().WaitAsync(Deadline, Cancel);

        var answer = await _hub.Commands.SendAsync(Cordon("e1"), Cancel);

        answer.ShouldBeOfType<CommandAccepted>().Detail.ShouldBe("e1 is cordoned");
    }

    [Fact]
    public async Task A_command_that_is_repeated_is_carried_out_once()
    {
        await using var process = Process();
        var times = 0;
        process.RespondTo<CordonNode>((cordon, _) => Accepted(cordon, $"time {++times}"));
        await process.WhenReadyAsync().WaitAsync(Deadline, Cancel);
        var command = Cordon("e1");
        var first = await _hub.Commands.SendAsync(command, Cancel);

        var second = await _hub.Commands.SendAsync(command, Cancel);

        second.ShouldBe(first);
        times.ShouldBe(1);
    }

    [Fact]
    public async Task Processes_of_one_queue_take_turns()
    {
        await using var one = Process();
        await using var two = Process();
        one.RespondTo<CordonNode>((cordon, _) => Accepted(cordon, "one"));
        two.RespondTo<CordonNode>((cordon, _) => Accepted(cordon, "two"));
        await Task.WhenAll(one.WhenReadyAsync(), two.WhenReadyAsync()).WaitAsync(Deadline, Cancel);

        var answers = new List<ICommandAnswer>();
        for (var i = 0; i < 4; i++) answers.Add(await _hub.Commands.SendAsync(Cordon("e1"), Cancel));

        var said = answers.Cast<CommandAccepted>().Select(answer => answer.Detail).ToList();
        said.Count(word => word == "one").ShouldBe(2);
        said.Count(word => word == "two").ShouldBe(2);
    }

    [Fact]
    public async Task Of_several_queues_the_one_that_is_concerned_answers()
    {
        await using var one = Process();
        await using var two = Process();
        one.RespondTo<CordonNode>("one", cordon => cordon.NodeId == "e1", (cordon, _) => Accepted(cordon, "one"));
        two.RespondTo<CordonNode>("two", cordon => cordon.NodeId == "e2", (cordon, _) => Accepted(cordon, "two"));
        await Task.WhenAll(one.WhenReadyAsync(), two.WhenReadyAsync()).WaitAsync(Deadline, Cancel);

        var answer = await _hub.Commands.SendAsync(Cordon("e2"), Cancel);

        answer.ShouldBeOfType<CommandAccepted>().Detail.ShouldBe("two");
        (await Should.ThrowAsync<BusUnavailableException>(_hub.Commands.SendAsync(Cordon("e3"), Cancel)))
            .Message.ShouldContain("No process here answers this CordonNode.");
    }

    [Fact]
    public async Task A_sender_hears_at_once_that_the_process_which_was_asked_has_gone()
    {
        await using var process = Process();
        var asked = new TaskCompletionSource();
        process.RespondTo<CordonNode>(async (_, stop) =>
        {
            asked.SetResult();
            await new TaskCompletionSource().Task.WaitAsync(stop);
            throw new InvalidOperationException("It is not reached.");
        });
        await process.WhenReadyAsync().WaitAsync(Deadline, Cancel);
        var sending = _hub.Commands.SendAsync(Cordon("e1"), Cancel);
        await asked.Task.WaitAsync(Deadline, Cancel);

        await process.DisposeAsync();

        await Should.ThrowAsync<BusUnavailableException>(sending.WaitAsync(Deadline, Cancel));
    }

    [Fact]
    public async Task A_malformed_command_is_refused_with_what_is_legal()
    {
        await using var process = Process();
        process.RespondTo<CordonNode>((cordon, _) => Accepted(cordon, "never"));
        await process.WhenReadyAsync().WaitAsync(Deadline, Cancel);

        using var answer = await PostAsync("/v1/commands", """{"type":"CordonNode","command":{"node":"e1"}}""");

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        var refused = (await answer.Content.ReadFromJsonAsync<CommandReply>(ContractJson.Options, Cancel))!
            .Read().ShouldBeOfType<CommandRefused>();
        refused.Code.ShouldBe("malformedCommand");
        refused.Legal.ShouldBe("A JSON object with the fields commandId (a UUID), nodeId (text).");
    }

    [Theory]
    [InlineData("/v1/commands", """{"type":"Cordon","command":{}}""", "'Cordon' is not a command; legal are Abort")]
    [InlineData("/v1/commands", "{}", "'' is not a command; legal are AbortHandoff, ")]
    [InlineData("/v1/commands/stations", """{"type":"PeerUp"}""", "'PeerUp' is not a command; legal are Abort")]
    [InlineData(
        "/v1/commands/deliveries/0f8fad5b-d9cb-469f-a165-70867728950e", """{"type":"Yes"}""", "'Yes' is no answer")]
    [InlineData(
        "/v1/commands/deliveries/0f8fad5b-d9cb-469f-a165-70867728950e",
        """{"type":"CommandAccepted"}""",
        "A CommandAccepted without an answer.")]
    public async Task What_is_no_command_and_no_answer_is_refused(string path, string body, string told)
    {
        using var answer = await PostAsync(path, body);

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.Content.ReadAsStringAsync(Cancel)).ShouldContain(told);
    }

    [Theory]
    [InlineData("/v1/commands")]
    [InlineData("/v1/commands/stations")]
    [InlineData("/v1/commands/deliveries/0f8fad5b-d9cb-469f-a165-70867728950e")]
    public async Task Commands_need_the_token(string path)
    {
        using var http = new HttpClient { BaseAddress = Layout.Url(_port) };

        using var answer = await http.PostAsJsonAsync(path, new { type = "CordonNode" }, Cancel);

        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    private HubCommandBus Process() => new(Layout.Url(_port), _folder.TokenFile, NullLogger.Instance);

    private async Task<HttpResponseMessage> PostAsync(string path, string body)
    {
        using var http = new HttpClient { BaseAddress = Layout.Url(_port) };
        http.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Bearer", await File.ReadAllTextAsync(_folder.TokenFile, Cancel));
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        return await http.PostAsync(path, content, Cancel);
    }

    private static CordonNode Cordon(string node) => new() { CommandId = Guid.NewGuid(), NodeId = node };

    private static Task<ICommandAnswer> Accepted(CordonNode cordon, string detail) =>
        Task.FromResult<ICommandAnswer>(new CommandAccepted { CommandId = cordon.CommandId, Detail = detail });
}
