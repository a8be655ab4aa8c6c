using System.Diagnostics;
using Holdfast.Contracts;
using Holdfast.Directory;
using Holdfast.Failover.Service.Tests.World;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Tests;

/// <summary>The program <c>holdfast</c>, which moves real grains through a real Failover.</summary>
public sealed class ToolTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string _tokenFile = Path.GetTempFileName();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ToolTests() => File.WriteAllText(_tokenFile, "a-chief-of-this-installation-001");

    public void Dispose() => File.Delete(_tokenFile);

    [Fact]
    public async Task A_transfer_ends_with_the_grains_in_the_cluster_they_were_asked_to()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync("w1", "west");
        await Until.IsReadyAsync(failover);
        var (owner, receiver) = (world.Consensus.Open("e1", "east"), world.Consensus.Open("w1", "west"));
        var grains = await world.OwnAsync(30, "east", owner.Id, owner.Token);
        var left = new Queue<HeldGrain>(grains.Select(grain => new HeldGrain(grain, Epoch.First(owner.Token))));
        await using var answering = world.Bus.RespondTo<OfferTransfer>(async (wish, cancel) =>
        {
            HeldGrain[] given = [.. Enumerable.Range(0, wish.GrainsMax!.Value).Select(_ => left.Dequeue())];
            await world.Embedded.OfferAsync(given, owner.Id, new ClusterId(wish.ToCluster), cancel);
            await world.Embedded.AcceptAsync(
                [.. given.Select(one => one.Grain)], new ClusterId("west"), receiver.Id, receiver.Token, cancel);
            return new CommandAccepted { CommandId = wish.CommandId };
        });

        var (exit, said) = await RunAsync(
            failover, "transfer", "--from", "east", "--to", "west", "--max", "20", "--batch", "7");

        exit.ShouldBe(0, said);
        said.ShouldContain("20 grains transferred in 3 batches");
        (await world.CountAsync(grains, "west")).ShouldBe(20);
        (await world.CountAsync(grains, "east")).ShouldBe(10);
    }

    [Fact]
    public async Task An_order_ends_with_the_grains_in_the_cluster_it_names_though_failover_is_paused()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync("w1", "west", ("Failover:Grace", "01:00:00"));
        await Until.IsReadyAsync(failover);
        var grains = await world.OwnAsync(30);
        (await RunAsync(failover, "pause", "--reason", "drill")).Exit.ShouldBe(0);
        world.Consensus.Fence("e1", "east");
        await Until.PhaseAsync(failover, "east", "primaryUnreachable");

        var (exit, said) = await RunAsync(
            failover, "force", "--from", "east", "--to", "west", "--reason", "site lost", "--yes");

        exit.ShouldBe(0, said);
        said.ShouldContain("west has taken over east: 30 promoted");
        (await world.CountAsync(grains, "west")).ShouldBe(30);
        (await world.Heard.WaitForAsync<FailoverForced>("for the audit")).Reason.ShouldBe("site lost");
    }

    private async Task<(int Exit, string Said)> RunAsync(HttpClient failover, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "holdfast.dll"));
        string[] settings =
        [
            "--failover", failover.BaseAddress!.ToString(), "--token-file", _tokenFile, "--timeout", "30",
        ];
        foreach (var argument in (string[])[.. arguments, .. settings]) start.ArgumentList.Add(argument);
        using var tool = Process.Start(start)!;
        var output = tool.StandardOutput.ReadToEndAsync(Cancel);
        var errors = tool.StandardError.ReadToEndAsync(Cancel);
        await tool.WaitForExitAsync(Cancel).WaitAsync(Patience, Cancel);
        return (tool.ExitCode, await output + await errors);
    }
}
