using System.Text.Json;

namespace Holdfast.Standalone.Tests;

[Collection(WholeRuns.Name)]
public sealed class DemoTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(4);

    [Fact]
    public async Task Every_proof_holds_and_the_last_line_says_how_long_each_took()
    {
        await using var run = new ProgramRun("demo", "--json");

        (await run.ExitCodeAsync(Deadline)).ShouldBe(0, run.Story);

        var lines = run.Output.Select(line => JsonDocument.Parse(line).RootElement).ToList();
        var result = lines[^1];
        result.EnumerateObject().Select(member => member.Name).ShouldBe(
            [
                "demo", "detectMs", "fenceMs", "promoteMs", "claimMs", "grains", "traceIds", "staleWriteRefused",
                "slotsRecovered", "handoffFailedRequests", "handoffPauseMs",
            ]);
        result.GetProperty("demo").GetString().ShouldBe("ok");
        result.GetProperty("grains").GetInt32().ShouldBe(1_000);
        result.GetProperty("traceIds").GetInt32().ShouldBe(1);
        result.GetProperty("staleWriteRefused").GetBoolean().ShouldBeTrue();
        result.GetProperty("slotsRecovered").GetInt32().ShouldBe(4);
        result.GetProperty("handoffFailedRequests").GetInt64().ShouldBe(0);
        result.GetProperty("handoffPauseMs").GetInt64().ShouldBeInRange(1, 15_000);
        var fenced = result.GetProperty("fenceMs").GetInt64();
        result.GetProperty("detectMs").GetInt64().ShouldBeInRange(1, 20_000);
        fenced.ShouldBeInRange(1, 20_000);
        result.GetProperty("promoteMs").GetInt64().ShouldBeInRange(fenced, 60_000);
        // The grace lies between the fence and the promotion, whenever word of them came.
        (TimesOf(lines, "GrainPromoted", "fromCluster").Min() - TimesOf(lines, "PeerFenced", "clusterId").Max())
            .ShouldBeGreaterThanOrEqualTo(TimeSpan.FromMilliseconds(4_700));
        result.GetProperty("claimMs").GetInt64().ShouldBeInRange(result.GetProperty("promoteMs").GetInt64(), 60_000);
        var events = lines.Where(line => line.TryGetProperty("event", out _))
            .Select(line => line.GetProperty("event").GetString()).ToHashSet();
        string[] wanted =
        [
            "PeerSuspected", "PeerDown", "PeerFenced", "FailoverStarted", "FailoverCompleted", "GrainPromoted",
            "GrainClaimed", "SlotUnhealthy", "SlotPlaced", "SlotRecovered", "HandoffStarted", "HandoffCommitted",
        ];
        wanted.Except(events).ShouldBeEmpty();
        run.LeftFiles.ShouldBeEmpty();
        run.LeftProcesses.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("fence", "staleWriteRefused")]
    [InlineData("promoter", "promoted")]
    [InlineData("bus", "announced")]
    [InlineData("detector", "detected")]
    [InlineData("recovery", "slotsRecovered")]
    [InlineData("handoff", "handedOver")]
    public async Task What_is_broken_fails_its_own_proof(string part, string proof)
    {
        await using var run = new ProgramRun("demo", "--json", "--break", part);

        (await run.ExitCodeAsync(Deadline)).ShouldBe(1, run.Story);

        var result = JsonDocument.Parse(run.Output[^1]).RootElement;
        result.GetProperty("demo").GetString().ShouldBe("failed");
        result.GetProperty("proof").GetString().ShouldBe(proof, run.Story);
        run.LeftFiles.ShouldBeEmpty();
        run.LeftProcesses.ShouldBeEmpty();
    }

    /// <summary>When what these events tell of the cluster that died has happened.</summary>
    private static IEnumerable<DateTime> TimesOf(List<JsonElement> lines, string type, string cluster) => lines
        .Where(line => line.TryGetProperty("event", out var name) && name.GetString() == type)
        .Select(line => line.GetProperty("data"))
        .Where(data => data.TryGetProperty(cluster, out var name) && name.GetString() == "east")
        .Select(data => data.GetProperty("occurredAt").GetDateTime());
}
