using System.Text;
using System.Text.Json;
using Holdfast.Contracts;
using Holdfast.Hosting.Tests.Bus;
using Holdfast.Servers;
using RabbitMQ.Client;

namespace Holdfast.Hosting.Tests.Rights;

/// <summary>Our own bus, with no more rights than deploy/access.sh gives.</summary>
[Collection(nameof(GuardedBroker))]
public sealed class GuardedBusTests(GuardedBroker broker)
{
    private const int AnswerRefused = 6104;

    private static readonly CancellationToken Never = CancellationToken.None;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Who_announces_an_event_is_heard_by_users()
    {
        await using var gossip = await broker.OpenAsync("gossip");
        await using var users = await broker.OpenAsync("users");
        var heard = new Received<PeerUp>();
        await ReadyAsync(users, users.Subscribe<PeerUp>("billing", (message, _, _) =>
        {
            heard.Add(message);
            return Task.CompletedTask;
        }));

        await gossip.PublishAsync(Sample.PeerUp("n1", 1), traceParent: null, Never);

        (await heard.NextAsync("the event of Gossip")).ShouldBe(Sample.PeerUp("n1", 1));
    }

    [Fact]
    public async Task An_event_whose_exchange_was_deleted_is_refused_in_the_brokers_words()
    {
        const string exchange = "holdfast.peer-up";
        await using var gossip = await broker.OpenAsync("gossip");
        await using var connection = await broker.ConnectAsync("operator");
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Never);
        await channel.ExchangeDeleteAsync(exchange, cancellationToken: Never);
        try
        {
            var refused = await Should.ThrowAsync<BusUnavailableException>(
                gossip.PublishAsync(Sample.PeerUp("n1", 1), traceParent: null, Never));

            refused.Message.ShouldContain(" refused PeerUp: ACCESS_REFUSED - ");
            refused.Message.ShouldContain($"exchange '{exchange}'");
        }
        finally
        {
            await channel.ExchangeDeclareAsync(exchange, ExchangeType.Fanout, durable: true, cancellationToken: Never);
        }

        await gossip.PublishAsync(Sample.PeerUp("n1", 1), traceParent: null, Never);
    }

    [Fact]
    public async Task Operators_and_users_send_commands_and_hear_the_answers()
    {
        await using var failover = await broker.OpenAsync("failover");
        await using var operators = await broker.OpenAsync("operator");
        await ReadyAsync(failover, failover.RespondTo<PauseFailover>((pause, _) => AcceptAsync(pause, "paused")));

        (await operators.SendAsync(Sample.Pause("east"), Never)).ShouldBeOfType<CommandAccepted>()
            .Detail.ShouldBe("paused");

        await using var recovery = await broker.OpenAsync("recovery");
        await using var users = await broker.OpenAsync("users");
        await ReadyAsync(recovery, recovery.RespondTo<DefineGroup>((define, _) => AcceptAsync(define, "defined")));

        (await users.SendAsync(Define(), Never)).ShouldBeOfType<CommandAccepted>().Detail.ShouldBe("defined");
    }

    [Fact]
    public async Task Users_and_Handoff_answer_from_queues_of_their_own()
    {
        await using var recovery = await broker.OpenAsync("recovery");
        await using var handoff = await broker.OpenAsync("handoff");
        await using var users = await broker.OpenAsync("users");
        await ReadyAsync(users, users.RespondTo<StartSlot>(
            "accounts", _ => true, (start, _) => AcceptAsync(start, "started")));
        await ReadyAsync(handoff, handoff.RespondTo<RequestHandoff>(
            "holdfast.handoff.edge-1", _ => true, (request, _) => AcceptAsync(request, "begun")));

        (await recovery.SendAsync(Sample.Start("east-1"), Never)).ShouldBeOfType<CommandAccepted>()
            .Detail.ShouldBe("started");
        (await users.SendAsync(Request(), Never)).ShouldBeOfType<CommandAccepted>().Detail.ShouldBe("begun");
    }

    [Fact]
    public async Task A_command_that_no_queue_takes_is_told_at_once()
    {
        await using var users = await broker.OpenAsync("users");

        var nobody = await Should.ThrowAsync<BusUnavailableException>(
            users.SendAsync(new RemoveGroup { CommandId = Guid.NewGuid(), Group = "orders" }, Never));

        nobody.Message.ShouldStartWith("No process answers RemoveGroup at RabbitMQ at ");
        nobody.Message.ShouldEndWith(": no queue is bound to holdfast.cmd.remove-group.");
    }

    [Fact]
    public async Task A_python_program_of_the_users_hears_the_answer_on_a_queue_for_answers()
    {
        await using var handoff = await broker.OpenAsync("handoff");
        await ReadyAsync(handoff, handoff.RespondTo<AbortHandoff>(
            "holdfast.handoff.edge-2", _ => true, (abort, _) => AcceptAsync(abort, "aborted")));
        var body = JsonSerializer.Serialize(new { nodeId = "edge-2", daemon = "counter" });

        var (kind, answer) = (await broker.RunAsync("command.py", "users", "abort-handoff", body))[0];

        kind.ShouldBe(nameof(CommandAccepted), $"{answer}");
        answer.GetProperty("detail").GetString().ShouldBe("aborted");
    }

    [Theory]
    [InlineData("holdfast.failover.secret", null)]
    [InlineData(null, "rabbitmq://localhost/holdfast.failover-completed")]
    public async Task An_answer_goes_nowhere_but_to_queues_for_answers(string? replyTo, string? address)
    {
        using var log = new RecordedLog();
        await using var failover = await broker.OpenAsync("failover", log);
        await ReadyAsync(failover, failover.RespondTo<ResumeFailover>((resume, _) => AcceptAsync(resume, "resumed")));
        await using var connection = await broker.ConnectAsync("operator");
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Never);
        var spied = (await channel.QueueDeclareAsync(cancellationToken: Never)).QueueName;
        await channel.QueueBindAsync(spied, "holdfast.failover-completed", "", cancellationToken: Never);
        var properties = new BasicProperties { ReplyTo = replyTo, Headers = new Dictionary<string, object?>() };
        if (address is not null) properties.Headers["MT-Response-Address"] = address;

        var command = $$"""{"commandId":"{{Guid.NewGuid()}}"}""";
        await channel.BasicPublishAsync(
            "holdfast.cmd.resume-failover", "", mandatory: true, properties, Encoding.UTF8.GetBytes(command), Never);

        (await log.HearsAsync(AnswerRefused)).ShouldContain("The answer to ResumeFailover");
        (await channel.QueueDeclarePassiveAsync(spied, Never)).MessageCount.ShouldBe(0U);

        // The responder goes on as if nothing had been.
        await using var operators = await broker.OpenAsync("operator");
        var resumed = await operators.SendAsync(new ResumeFailover { CommandId = Guid.NewGuid() }, Never);
        resumed.ShouldBeOfType<CommandAccepted>().Detail.ShouldBe("resumed");
    }

    private static Task<ICommandAnswer> AcceptAsync(ICommand command, string detail) =>
        Task.FromResult<ICommandAnswer>(new CommandAccepted { CommandId = command.CommandId, Detail = detail });

    private static Task ReadyAsync(EventBus bus, IAsyncDisposable subscription) =>
        bus.WhenReadyAsync(subscription).WaitAsync(Patience);

    private static DefineGroup Define() => new()
    {
        CommandId = Guid.NewGuid(),
        Group = "orders",
        Kind = "replica",
        ClusterId = "east",
        Slots = 2,
        PerNodeMax = 1,
    };

    private static RequestHandoff Request() => new()
    {
        CommandId = Guid.NewGuid(),
        NodeId = "edge-1",
        Daemon = "counter",
        Build = "1.1.0",
    };
}
