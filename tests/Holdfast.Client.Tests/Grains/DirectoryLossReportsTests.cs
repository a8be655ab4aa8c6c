using System.Reflection;
using Holdfast.Directory;
using Holdfast.Primitives;

namespace Holdfast.Client.Tests.Grains;

/// <summary>What an answer did not know is reported only if the shard as it is now has not got it either.</summary>
public sealed class DirectoryLossReportsTests
{
    private static readonly ForgottenMemory Lost = new(3, "g", 10, "a");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("a", 10, 0)]
    [InlineData("a", 15, 2)]
    public async Task A_memory_that_the_master_still_has_was_missed_by_a_former_one_and_is_not_reported(
        string run, ulong seq, ulong since)
    {
        var (directory, reports) = await ReportedAsync(run, seq, since);

        reports.ShouldBeEmpty();
        directory.Forgotten.ShouldBeEmpty("so that it is not asked for again");
    }

    [Theory]
    [InlineData("a", 9, 0)]
    [InlineData("b", 9, 9)]
    [InlineData("b", 20, 9)]
    [InlineData("c", 30, 20)] // Restarted again since the loss was seen: where it began says nothing of the one before.
    public async Task What_the_shard_has_not_got_or_may_not_have_got_is_reported_once(
        string run, ulong seq, ulong since)
    {
        var (directory, reports) = await ReportedAsync(run, seq, since);

        reports.ShouldHaveSingleItem().ShouldContain("\"seq\":10");
        directory.Forgotten.ShouldBe([Lost], "until the shard is opened for it");
    }

    [Fact]
    public async Task A_shard_that_was_opened_for_the_loss_is_not_reported_again() =>
        (await ReportedAsync("b", 12, 12, gen: "h")).Reports.ShouldBeEmpty();

    private static async Task<(IGrainDirectory Directory, IReadOnlyList<string> Reports)> ReportedAsync(
        string run, ulong seq, ulong since, string gen = "g")
    {
        await using var voter = await ScriptedVoter.StartAsync(Says.Json(new
        {
            shard = Lost.Shard,
            floor = "0000000000000020",
            gen = Lost.Gen,
            seq = Lost.Seq,
            run,
            evidence = "seq",
            lostAt = "2026-01-02T03:04:05Z",
        }));
        using var consensus = new ConsensusClient(new ConsensusClientOptions { Endpoints = [voter.Url] });
        var directory = ForgetfulDirectory.With(
            new ShardAnswer(Lost.Shard, DirectoryStatus.Ok, new ShardVersion(gen, seq), Token.None)
            {
                Run = run,
                Process = run,
                Since = since,
            });
        var reports = new DirectoryLossReports(directory, consensus);

        await reports.ReportAsync(Cancel);
        await reports.ReportAsync(Cancel);
        return (directory, [.. voter.Requests.Select(seen => seen.Body)]);
    }

    /// <summary>Missed something in one answer, and says now what it is told to.</summary>
    public class ForgetfulDirectory : DispatchProxy
    {
        private readonly List<ForgottenMemory> _forgotten = [Lost];
        private ShardAnswer _now = null!;

        /// <summary>One whose shard says so when it is asked again.</summary>
        public static IGrainDirectory With(ShardAnswer now)
        {
            var directory = Create<IGrainDirectory, ForgetfulDirectory>();
            ((ForgetfulDirectory)(object)directory)._now = now;
            return directory;
        }

        /// <inheritdoc/>
        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name switch
        {
            $"get_{nameof(IGrainDirectory.Forgotten)}" => _forgotten.ToArray(),
            nameof(IGrainDirectory.FoundAgain) => _forgotten.Remove((ForgottenMemory)args![0]!),
            nameof(IGrainDirectory.ShardAsync) => Task.FromResult(_now),
            var other => throw new NotSupportedException(other),
        };
    }
}
