using System.Globalization;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Simulation.Tests.Leases;
using Holdfast.Consensus.Simulation.Tests.Raft;
using Holdfast.Simulation;

namespace Holdfast.Consensus.Simulation.Tests;

/// <summary>
/// Runs the tests, or, with the arguments of <see cref="SimulationArguments"/>, worlds of whatever seeds are wanted.
/// </summary>
internal static class Program
{
    public static Task<int> Main(string[] args) => SimulationArguments.AreMeant(args)
        ? Task.FromResult(Simulate(args))
        : Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);

    private static int Simulate(string[] args)
    {
        try
        {
            var wanted = SimulationArguments.Parse(args);
            var campaign = CampaignOf(wanted.World ?? "raft", wanted.Fault ?? "None");
            if (wanted.Seed is { } seed) return Replay(campaign, seed);
            campaign.Run(wanted.First, wanted.Seeds ?? long.MaxValue, wanted.Limit ?? TimeSpan.MaxValue);
            Console.WriteLine(campaign);
            if (wanted.Summary is { } path) File.AppendAllLines(path, [Row(wanted, campaign)]);
            return 0;
        }
        catch (FormatException wrong)
        {
            Console.Error.WriteLine(wrong.Message);
            return 2;
        }
        catch (SeedFailedException failed)
        {
            Console.Error.WriteLine(failed.Message);
            return 1;
        }
    }

    private static Campaign CampaignOf(string world, string fault) => world switch
    {
        "raft" when Enum.TryParse<RaftFaults>(fault, out var faults) => new Campaign(world, seed => new RaftWorld(
            SimulationOptions.DrawAll(checked((int)seed)).With(faults))),
        "raft" when fault == nameof(SimulationOptions.LosesRequests) => new Campaign(world, static seed =>
            new RaftWorld(SimulationOptions.DrawAll(checked((int)seed)) with { LosesRequests = true })),
        "leases" when Enum.TryParse<LeaseFaults>(fault, out var faults) => new Campaign(world, seed => new LeaseWorld(
            LeaseOptions.Draw(seed) with { Faults = faults })),
        "raft" or "leases" => throw new FormatException($"{fault} is no fault of {world}."),
        _ => throw new FormatException($"There are the worlds raft and leases, not {world}."),
    };

    /// <summary>One seed, with the end of its story and its digest, which is the same every time.</summary>
    private static int Replay(Campaign campaign, ulong seed)
    {
        var world = campaign.Build(seed);
        Console.WriteLine(world.Options);
        try
        {
            world.Run();
            return 0;
        }
        catch (Exception broken)
        {
            foreach (var line in world.Trace.Lines) Console.WriteLine(line);
            Console.WriteLine(broken);
            return 1;
        }
        finally
        {
            Console.WriteLine($"seed {seed}: {world.Trace.Count} events, digest {world.Trace.Digest:x16}");
        }
    }

    private static string Row(SimulationArguments wanted, Campaign campaign) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {campaign.Name} | {wanted.First} to {wanted.First + (ulong)campaign.Seeds - 1} | {campaign.Seeds} | " +
        $"{campaign.Simulated.TotalHours:0.0} | {campaign.Taken.TotalMinutes:0.0} | 0 |");
}
