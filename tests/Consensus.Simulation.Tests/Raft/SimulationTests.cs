using System.Diagnostics;
using System.Globalization;
using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Simulation.Tests.Raft;

/// <summary>
/// Whole groups of voters under faults. HOLDFAST_RAFT_SEED=n replays one seed, HOLDFAST_RAFT_SECONDS=s runs longer.
/// </summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const int SeedsMin = 30;
    private const int SeedsToCatchMax = 1500;

    [Fact]
    public void No_seed_breaks_a_promise_of_raft()
    {
        if (Environment.GetEnvironmentVariable("HOLDFAST_RAFT_SEED") is { } single)
        {
            Run(SimulationOptions.DrawAll(int.Parse(single, CultureInfo.InvariantCulture)));
            return;
        }

        var seconds = double.Parse(
            Environment.GetEnvironmentVariable("HOLDFAST_RAFT_SECONDS") ?? "10", CultureInfo.InvariantCulture);
        var started = Stopwatch.GetTimestamp();
        var (seed, elections, acknowledged, confirmations) = (0, 0, 0, 0);
        var (taken, installed, handedOver, changes) = (0, 0, 0, 0);
        while (seed < SeedsMin || Stopwatch.GetElapsedTime(started).TotalSeconds < seconds)
        {
            var world = Run(SimulationOptions.DrawAll(++seed));
            elections += world.Checker.Elections;
            acknowledged += world.Checker.Acknowledged;
            confirmations += world.Confirmations;
            taken += world.SnapshotsTaken;
            installed += world.SnapshotsInstalled;
            handedOver += world.HandedOver;
            changes += world.Changes;
        }

        output.WriteLine($"{seed} seeds from 1: {elections} elections, {acknowledged} acknowledged commands, " +
            $"{confirmations} confirmed questions, {taken} snapshots taken, {installed} installed, " +
            $"{handedOver} times asked to take over, {changes} changes of members");
        elections.ShouldBeGreaterThan(seed);
        acknowledged.ShouldBeGreaterThan(10 * seed);
        confirmations.ShouldBeGreaterThan(seed);
        taken.ShouldBeGreaterThan(seed);
        installed.ShouldBeGreaterThan(seed / 2);
        handedOver.ShouldBeGreaterThan(seed);
        changes.ShouldBeGreaterThan(seed);
    }

    [Fact]
    public void A_seed_runs_the_same_way_every_time()
    {
        var first = Run(SimulationOptions.DrawAll(4711));
        var second = Run(SimulationOptions.DrawAll(4711));
        second.Digest.ShouldBe(first.Digest);
        second.Checker.Acknowledged.ShouldBe(first.Checker.Acknowledged);
    }

    [Theory]
    [InlineData("AcknowledgeBeforeFlush", "Durability", 1)]
    [InlineData("ForgetVote", "One vote per term", 855)]
    [InlineData("MatchFromOwnLastIndex", "", 1)]
    [InlineData("CommitOldTermByCount", "", 3835)]
    [InlineData("TruncateAlways", "", 1)]
    [InlineData("VoteForShorterLog", "Leader completeness", 1)]
    [InlineData("ConfirmByOldRound", "Linearizable confirmation", 225)]
    [InlineData("EchoRoundOfOldTerm", "", 13)]
    [InlineData("SnapshotGoesBackwards", "", 1)]
    [InlineData("CompactBeforeSnapshot", "", 1)]
    [InlineData("StaticMembership", "", 1)]
    [InlineData("NoJointState", "", 1)]
    [InlineData("KeepCutConfiguration", "", 1)]
    public void A_mistake_in_the_core_is_caught(string mistake, string property, int firstSeed)
    {
        var fault = Enum.Parse<RaftFaults>(mistake);
        var isOfSnapshots = fault is RaftFaults.SnapshotGoesBackwards or RaftFaults.CompactBeforeSnapshot;
        var isOfMembers = fault is RaftFaults.StaticMembership or RaftFaults.NoJointState
            or RaftFaults.KeepCutConfiguration;
        for (var seed = firstSeed; seed < firstSeed + SeedsToCatchMax; seed++)
        {
            try
            {
                var drawn = isOfMembers
                    ? SimulationOptions.DrawAll(seed)
                    : SimulationOptions.Draw(seed, isOfSnapshots);
                new RaftWorld(drawn with { Faults = fault }).Run();
            }
            catch (Exception caught) when (caught is SafetyViolationException or Primitives.InvariantViolatedException)
            {
                output.WriteLine($"{mistake} is caught by seed {seed}: {caught.Message}");
                if (property.Length > 0) ((SafetyViolationException)caught).Property.ShouldBe(property);
                return;
            }
        }

        Assert.Fail($"{mistake} is not caught by {SeedsToCatchMax} seeds.");
    }

    [Fact]
    public void A_store_that_trusts_the_cache_of_a_killed_process_is_caught()
    {
        const int firstSeed = 40;
        for (var seed = firstSeed; seed < firstSeed + SeedsToCatchMax; seed++)
        {
            try
            {
                new RaftWorld(SimulationOptions.Draw(seed, withSnapshots: false) with
                {
                    TrustsTheCacheAtLoad = true,
                }).Run();
            }
            catch (SafetyViolationException caught)
            {
                output.WriteLine($"Trusting the cache is caught by seed {seed}: {caught.Message}");
                caught.Property.ShouldBe("Durability");
                return;
            }
        }

        Assert.Fail($"Trusting the cache is not caught by {SeedsToCatchMax} seeds.");
    }

    private RaftWorld Run(SimulationOptions options)
    {
        var world = new RaftWorld(options);
        try
        {
            world.Run();
            return world;
        }
        catch (Exception failure)
        {
            output.WriteLine($"HOLDFAST_RAFT_SEED={options.Seed} at {world.Now}: {options}");
            throw new InvalidOperationException(
                $"Seed {options.Seed} at {world.Now}: {failure.Message} Replay with HOLDFAST_RAFT_SEED={options.Seed}.",
                failure);
        }
    }
}
