using System.Globalization;
using System.Net.Sockets;
using Holdfast.Directory;
using Holdfast.Directory.Redis;
using Holdfast.Failover.Rounds.Passages;
using Holdfast.Primitives;
using Holdfast.Servers;
using Holdfast.Simulation.Histories;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Failover.Rounds.Checks;

/// <summary>The ledger reads what real scripts answer, and what hangs on it finds what it is there for.</summary>
public sealed class GrantLedgerTests
{
    private static readonly ClusterId East = new("east");
    private static readonly ElectionName Election = ElectionName.Failover(new ClusterId("west"));
    private static readonly Token Promoters = new(20);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_promotion_comes_through_its_passage_and_is_counted()
    {
        await using var redis = await TestServers.Current.StartRedisAsync();
        var (ledger, turnstile) = (new GrantLedger(), new Turnstile());
        ledger.Begin(new OwnershipHistory());
        await using var passage = new Passage("west-1", redis.Port, turnstile, () => new RedisTraffic(ledger));
        await using var directory = new RedisGrainDirectory(
            new DirectoryOptions { Redis = $"127.0.0.1:{passage.Port}", Shards = 1 },
            NullLogger<RedisGrainDirectory>.Instance);
        (await directory.OpenShardAsync(0, Election, Promoters, Token.None, Cancel)).Status
            .ShouldBe(DirectoryStatus.Ok);
        var grains = Enumerable.Range(0, 7)
            .Select(i => new GrainClaim(new GrainId("order", i.ToString(CultureInfo.InvariantCulture))));
        await directory.ClaimAsync([.. grains], East, new SessionId(new Token(11)), new Token(11), Cancel);
        await directory.InstallGrantAsync(0, Election, Promoters, Cancel);

        var promoted = await directory.PromoteAsync(
            new PromoteCall(0, Election, Promoters, East, [], null, "east is fenced"), Cancel);

        (promoted.Status, promoted.Promoted).ShouldBe((DirectoryStatus.Ok, 7));
        turnstile.Broken.IsCompleted.ShouldBeFalse();
        ledger.CarriedOut.Select(call => (call.Call.Work, call.Promoted))
            .ShouldBe([(GrantWork.Install, 0), (GrantWork.Promote, 7)]);
    }

    [Fact]
    public async Task A_passage_that_cannot_read_what_comes_says_so()
    {
        await using var redis = await TestServers.Current.StartRedisAsync();
        var turnstile = new Turnstile();
        await using var passage = new Passage("west-1", redis.Port, turnstile, () => new UnreadableTraffic());
        using var client = new TcpClient("127.0.0.1", passage.Port);
        await client.GetStream().WriteAsync("PING\r\n"u8.ToArray(), Cancel);

        var broken = await Should.ThrowAsync<InvalidOperationException>(
            () => turnstile.Broken.WaitAsync(TimeSpan.FromSeconds(30), Cancel));

        broken.Message.ShouldBe("A passage of west-1 broke: not an answer");
    }

    [Theory]
    [InlineData(-1, nameof(GrantWork.Promote), false)]
    [InlineData(1, nameof(GrantWork.Promote), true)]
    [InlineData(1, nameof(GrantWork.Install), false)]
    [InlineData(4, nameof(GrantWork.Promote), false)]
    public void Only_a_promotion_after_the_leases_and_before_the_quorum_is_found(int at, string work, bool isFound)
    {
        var leaseOver = DateTime.UnixEpoch;
        var step = new SweepStep("the call");
        var call = new GrantCall(Enum.Parse<GrantWork>(work), 3, Election, Promoters, default, step)
        {
            At = leaseOver + TimeSpan.FromSeconds(at),
        };

        var problems = QuorumCheck.Problems([new CarriedOut(call, 7)], leaseOver, leaseOver + TimeSpan.FromSeconds(3));

        string[] wanted = isFound ? [$"quorum: 7 grains were promoted on shard 3 under {Promoters} 2.0 s before"] : [];
        problems.Select(problem => problem[..problem.IndexOf(" there", StringComparison.Ordinal)]).ShouldBe(wanted);
    }

    private sealed class UnreadableTraffic : ITraffic
    {
        public (int Length, SweepStep? Step) Asked(ReadOnlySpan<byte> bytes) => (bytes.Length, null);

        public (int Length, SweepStep? Step) Answered(ReadOnlySpan<byte> bytes) =>
            throw new FormatException("not an answer");

        public void End()
        {
            // It read no step that could end.
        }
    }
}
