using Holdfast.Containers.Compose;

namespace Holdfast.Containers.Audits;

/// <summary>
/// The set keeps within its limits; that it does so through incidents too is asked at the end of each of those tests.
/// </summary>
public sealed class HealthTests(ComposeWorld compose)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_set_at_rest_keeps_within_its_limits() => await Health.DemandAsync(await compose.HealthyAsync());

    [Fact]
    public async Task A_container_that_runs_out_of_memory_is_found_out()
    {
        var set = await compose.HealthyAsync();
        await using var greedy = await StrayContainer.RunAsync(
            set, "--memory", "24m", "--memory-swap", "24m", "--entrypoint", "tail", "redis:7.0", "/dev/zero");

        // While it still runs it may be found near its limit only.
        await greedy.EndAsync();
        var findings = await ExamineUntilAsync("the greedy container's end", greedy);

        findings.ShouldHaveSingleItem().ShouldEndWith("ran out of memory");
    }

    [Fact]
    public async Task A_container_that_ends_and_is_started_again_is_found_out()
    {
        var set = await compose.HealthyAsync();
        await using var failing = await StrayContainer.RunAsync(
            set, "--restart", "on-failure:1", "--memory", "24m", "--entrypoint", "false", "redis:7.0");

        var findings = await ExamineUntilAsync("the failing container's restart", failing);

        findings.ShouldHaveSingleItem().ShouldEndWith("ended by itself and was started again 1 times");
    }

    [Fact]
    public async Task A_container_near_its_limit_is_found_out()
    {
        var set = await compose.HealthyAsync();
        await using var full = await StrayContainer.RunAsync(
            set, "--memory", "24m", "--memory-swap", "24m", "--tmpfs", "/full", "--entrypoint", "sh", "redis:7.0",
            "-c", "head -c 22m /dev/zero > /full/it; exec sleep 600");

        var findings = await ExamineUntilAsync("the full container", full);

        findings.ShouldHaveSingleItem().ShouldEndWith("of 24: too near its limit");
    }

    private static Task<IReadOnlyList<string>> ExamineUntilAsync(string what, StrayContainer container) =>
        Eventually.SeesAsync(
            what,
            async _ => (await Health.ExamineAsync([container.Id])).Findings,
            findings => findings.Count > 0,
            Patience);
}
