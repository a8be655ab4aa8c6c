using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Directory;
using Holdfast.Directory.Embedded;
using Holdfast.Failover.Protocol;
using Holdfast.Failover.Service.Directory;
using Holdfast.Failover.Service.Events;
using Holdfast.Failover.Service.Tests.World;
using Holdfast.Hosting;
using Holdfast.Primitives;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Failover.Service.Tests;

/// <summary>Bringing grains back by asking their owners.</summary>
public sealed class TransferTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Grains_are_asked_back_in_batches_and_seen_to_arrive()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync("w1", "west");
        await Until.IsReadyAsync(failover);
        var owner = world.Consensus.Open("e1", "east");
        var receiver = world.Consensus.Open("w1", "west");
        var grains = new Queue<GrainId>(await world.OwnAsync(10, "east", owner.Id, owner.Token));
        var asked = new List<int>();

        // An owner that offers what it is asked for, and a receiver that accepts at once.
        await using var answering = world.Bus.RespondTo<OfferTransfer>(async (wish, cancel) =>
        {
            asked.Add(wish.GrainsMax ?? 0);
            HeldGrain[] offered =
            [
                .. Enumerable.Range(0, wish.GrainsMax ?? 0)
                    .Select(_ => new HeldGrain(grains.Dequeue(), Epoch.First(owner.Token))),
            ];
            await world.Embedded.OfferAsync(offered, owner.Id, new ClusterId(wish.ToCluster), cancel);
            await world.Embedded.AcceptAsync(
                [.. offered.Select(one => one.Grain)], new ClusterId("west"), receiver.Id, receiver.Token, cancel);
            return new CommandAccepted { CommandId = wish.CommandId };
        });

        using var begun = await failover.PostAsJsonAsync(
            FailoverRoutes.Transfers, new GrainTransferRequest("east", "west", GrainsMax: 7, BatchMax: 3), Cancel);

        begun.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var transfer = (await begun.Content.ReadFromJsonAsync<GrainTransferAnswer>(Cancel))!;
        transfer.Remaining.ShouldBe(10);
        await Until.HoldsAsync(
            failover,
            FailoverRoutes.Transfer(transfer.Id),
            answer => answer.GetProperty("state").GetString() == "completed",
            "end of the transfer");
        var done = await failover.GetFromJsonAsync<GrainTransferAnswer>(FailoverRoutes.Transfer(transfer.Id), Cancel);
        done!.Transferred.ShouldBe(7);
        done.Remaining.ShouldBe(3);
        done.Batches.ShouldBe(3);
        asked.ShouldBe([3, 3, 1]);
    }

    [Fact]
    public async Task An_owner_that_refuses_or_gives_nothing_ends_the_transfer_with_the_reason()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync("w1", "west", ("Failover:TransferPatience", "00:00:00.300"));
        await Until.IsReadyAsync(failover);
        await world.OwnAsync(2);
        var answers = new Queue<Func<Guid, ICommandAnswer>>(
        [
            command => new CommandRefused { CommandId = command, Code = "no", Detail = "Not now.", Legal = "Later." },
            command => new CommandAccepted { CommandId = command },
        ]);
        await using var answering = world.Bus.RespondTo<OfferTransfer>(
            (wish, _) => Task.FromResult(answers.Dequeue()(wish.CommandId)));

        foreach (var state in (string[])["refused", "stalled"])
        {
            using var begun = await failover.PostAsJsonAsync(
                FailoverRoutes.Transfers, new GrainTransferRequest("east", "west"), Cancel);
            var transfer = (await begun.Content.ReadFromJsonAsync<GrainTransferAnswer>(Cancel))!;
            await Until.HoldsAsync(
                failover,
                FailoverRoutes.Transfer(transfer.Id),
                answer => answer.GetProperty("state").GetString() == state,
                $"transfer that is {state}");
        }
    }

    [Fact]
    public async Task What_one_program_gives_counts_though_another_refuses_and_one_type_ends_when_no_more_of_it_comes()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync("w1", "west", ("Failover:TransferPatience", "00:00:00.300"));
        await Until.IsReadyAsync(failover);
        var owner = world.Consensus.Open("e1", "east");
        var receiver = world.Consensus.Open("w1", "west");
        var grains = await world.OwnAsync(5, "east", owner.Id, owner.Token);
        var batches = 0;
        await using var answering = world.Bus.RespondTo<OfferTransfer>(async (wish, cancel) =>
        {
            if (++batches > 1) return new CommandAccepted { CommandId = wish.CommandId };
            await world.Embedded.OfferAsync(
                [.. grains.Take(3).Select(grain => new HeldGrain(grain, Epoch.First(owner.Token)))],
                owner.Id,
                new ClusterId("west"),
                cancel);
            await world.Embedded.AcceptAsync(
                [.. grains.Take(3)], new ClusterId("west"), receiver.Id, receiver.Token, cancel);
            return new CommandRefused
            {
                CommandId = wish.CommandId,
                Code = "no",
                Detail = "Draining.",
                Legal = "Ask another.",
            };
        });

        using var begun = await failover.PostAsJsonAsync(
            FailoverRoutes.Transfers, new GrainTransferRequest("east", "west", "order", BatchMax: 3), Cancel);

        var transfer = (await begun.Content.ReadFromJsonAsync<GrainTransferAnswer>(Cancel))!;
        await Until.HoldsAsync(
            failover,
            FailoverRoutes.Transfer(transfer.Id),
            answer => answer.GetProperty("state").GetString() == "completed",
            "end of a transfer of one type");
        var done = await failover.GetFromJsonAsync<GrainTransferAnswer>(FailoverRoutes.Transfer(transfer.Id), Cancel);
        done!.Transferred.ShouldBe(3);
        done.Remaining.ShouldBe(2);
    }

    [Fact]
    public async Task A_transfer_that_an_error_ends_is_not_under_way_any_more()
    {
        var steps = new TransferSteps(
            new BrokenBus(),
            new OwnerCounts(new EmbeddedGrainDirectory(new DirectoryOptions { Shards = 1 })),
            TimeProvider.System,
            NullLogger<TransferSteps>.Instance);
        var run = new TransferRun(new GrainTransferRequest("east", "west"), owned: 3);

        await steps.RunAsync(run, new FailoverOptions(), Cancel);

        (run.IsRunning, run.Answer.State).ShouldBe((false, "stalled"));
        run.Answer.Detail.ShouldBe("It ended by an error, which the log has: broken.");
    }

    [Fact]
    public async Task A_transfer_that_makes_no_sense_is_refused_by_name_and_changes_nothing()
    {
        await using var world = await IncidentWorld.StartAsync();
        var asked = 0;
        await using var answering = world.Bus.RespondTo<OfferTransfer>((wish, _) =>
        {
            asked++;
            return Task.FromResult<ICommandAnswer>(new CommandAccepted { CommandId = wish.CommandId });
        });
        world.Consensus.Define("graintype/ledger", """{"allowedClusters":["east"]}""");
        using var failover = await world.FailoverAsync("w1", "west");
        await Until.IsReadyAsync(failover);
        var grains = await world.OwnAsync(3);
        var before = await world.Embedded.LookupAsync(grains, Cancel);

        foreach (var (request, code) in ((GrainTransferRequest, string)[])
            [
                (new GrainTransferRequest("east", "nowhere"), "noLiveCluster"),
                (new GrainTransferRequest("atlantis", "west"), "notFound"),
                (new GrainTransferRequest("east", "east"), "invalidRequest"),
                (new GrainTransferRequest("east", "west", "no type"), "invalidRequest"),
                (new GrainTransferRequest("east", "west", "ledger"), "invalidRequest"),
                (new GrainTransferRequest("east", "west", GrainsMax: 0), "invalidRequest"),
                (new GrainTransferRequest("east", "west", BatchMax: 501), "invalidRequest"),
            ])
        {
            using var answer = await failover.PostAsJsonAsync(FailoverRoutes.Transfers, request, Cancel);
            var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel);
            problem.GetProperty("code").GetString().ShouldBe(code, request.ToString());
        }

        (await failover.GetFromJsonAsync<GrainTransferAnswer[]>(FailoverRoutes.Transfers, Cancel)).ShouldBeEmpty();
        asked.ShouldBe(0);
        (await world.Embedded.LookupAsync(grains, Cancel)).Select(answer => answer.Record)
            .ShouldBe(before.Select(answer => answer.Record));
    }

    /// <summary>A bus that fails as nobody expects it to.</summary>
    private sealed class BrokenBus : ICommandBus
    {
        public IAsyncDisposable RespondTo<TCommand>(Func<TCommand, CancellationToken, Task<ICommandAnswer>> handle)
            where TCommand : class, ICommand => throw new NotSupportedException();

        public IAsyncDisposable RespondTo<TCommand>(
            string queue, Func<TCommand, bool> concerns, Func<TCommand, CancellationToken, Task<ICommandAnswer>> handle)
            where TCommand : class, ICommand => throw new NotSupportedException();

        public Task<ICommandAnswer> SendAsync(ICommand command, CancellationToken cancel) =>
            throw new InvalidOperationException("broken.");
    }
}
