using Holdfast.Client.Tests;
using Holdfast.Directory;
using Holdfast.Directory.Embedded;
using Holdfast.Directory.Redis;
using Holdfast.Primitives;
using Holdfast.Servers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Client.Handoff;

/// <summary>What a daemon does with its own grain, whatever keeps the directory.</summary>
public abstract class DirectoryDaemonFenceTests : IAsyncLifetime
{
    protected static readonly DirectoryOptions Options = new() { Shards = 4, Deadline = TimeSpan.FromMinutes(1) };

    private static readonly GrainId Grain = new(DirectoryDaemonFence.GrainType, "edge-1/counter");
    private static readonly ClusterId West = new("west");

    private PaperCluster? _cluster;
    private IGrainDirectory? _directory;

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private PaperCluster Cluster => _cluster!;

    private IGrainDirectory Directory => _directory!;

    private DirectoryDaemonFence Fence => new(Directory, Grain, West, OpenSessionAsync);

    public async ValueTask InitializeAsync()
    {
        _cluster = await PaperCluster.StartAsync();
        _directory = await OpenAsync();
        for (var shard = 0; shard < Options.Shards; shard++)
        {
            await _directory.OpenShardAsync(
                shard, ElectionName.Failover(West), new Token(1), new Token(1), Cancel);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is { } cluster) await cluster.DisposeAsync();
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task An_epoch_that_nobody_raised_cannot_be_read_and_the_first_can_be_raised()
    {
        await Should.ThrowAsync<FenceUnreachableException>(() => Fence.ReadAsync(Cancel));

        var first = await Fence.RaiseAsync(Cancel);

        first.ShouldBeGreaterThan(Epoch.None);
        (await Fence.ReadAsync(Cancel)).ShouldBe(first);
    }

    [Fact]
    public async Task Every_raise_is_above_the_last_and_refuses_what_is_claimed_under_that()
    {
        var first = await Fence.RaiseAsync(Cancel);
        var second = await Fence.RaiseAsync(Cancel);
        var third = await Fence.RaiseAsync(Cancel);

        second.ShouldBeGreaterThan(first);
        third.ShouldBeGreaterThan(second);
        (await Fence.ReadAsync(Cancel)).ShouldBe(third);
        var late = await Directory.ClaimAsync(
            [new GrainClaim(Grain, first)], West, new SessionId(new Token(2)), new Token(2), Cancel);
        late[0].Status.ShouldNotBe(DirectoryStatus.Ok);
        (await Fence.ReadAsync(Cancel)).ShouldBe(third);
    }

    [Fact]
    public async Task A_grain_of_another_cluster_is_neither_read_nor_raised()
    {
        var theirs = await Directory.ClaimAsync(
            [new GrainClaim(Grain)], new ClusterId("east"), new SessionId(new Token(2)), new Token(2), Cancel);
        theirs[0].Status.ShouldBe(DirectoryStatus.Ok);

        var unread = await Should.ThrowAsync<FenceUnreachableException>(() => Fence.ReadAsync(Cancel));
        unread.Message.ShouldContain("belongs to east, not to west");
        await Should.ThrowAsync<FenceUnreachableException>(() => Fence.RaiseAsync(Cancel));
        (await Directory.LookupAsync([Grain], Cancel))[0].Record!.Cluster.ShouldBe(new ClusterId("east"));
    }

    [Fact]
    public async Task Without_consensus_the_epoch_is_read_and_not_raised()
    {
        var first = await Fence.RaiseAsync(Cancel);
        Cluster.Consensus.Away = true;

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        await Should.ThrowAsync<FenceUnreachableException>(() => Fence.RaiseAsync(patience.Token));

        (await Fence.ReadAsync(Cancel)).ShouldBe(first);
    }

    protected abstract Task<IGrainDirectory> OpenAsync();

    protected abstract ValueTask CloseAsync();

    // The paper Consensus has one session; a real one gives each a token of its own.
    private async Task<HoldfastSession> OpenSessionAsync(CancellationToken cancel)
    {
        var session = await Cluster.OpenAsync();
        await session.AdvanceAsync(cancel);
        return session;
    }
}

public sealed class EmbeddedDaemonFenceTests : DirectoryDaemonFenceTests
{
    protected override Task<IGrainDirectory> OpenAsync() => Task.FromResult<IGrainDirectory>(
        new EmbeddedGrainDirectory(Options with { Backend = DirectoryBackend.Embedded }));

    protected override ValueTask CloseAsync() => ValueTask.CompletedTask;
}

public sealed class RedisDaemonFenceTests : DirectoryDaemonFenceTests
{
    private ITestServer? _server;
    private RedisGrainDirectory? _directory;

    [Fact]
    public async Task With_the_directory_out_of_reach_it_is_neither_read_nor_raised()
    {
        var options = Options with { Redis = _server!.Address, Deadline = TimeSpan.FromMilliseconds(400) };
        await using var directory = new RedisGrainDirectory(options, NullLogger<RedisGrainDirectory>.Instance);
        await _server.StopAsync();
        var fence = new DirectoryDaemonFence(
            directory,
            new GrainId(DirectoryDaemonFence.GrainType, "edge-1/counter"),
            new ClusterId("west"),
            _ => throw new InvalidOperationException("No session is wanted for what cannot be looked up."));

        await Should.ThrowAsync<FenceUnreachableException>(() => fence.ReadAsync(Cancel));
        await Should.ThrowAsync<FenceUnreachableException>(() => fence.RaiseAsync(Cancel));
    }

    protected override async Task<IGrainDirectory> OpenAsync()
    {
        _server = await TestServers.Current.StartRedisAsync();
        _directory = new RedisGrainDirectory(
            Options with { Redis = _server.Address }, NullLogger<RedisGrainDirectory>.Instance);
        return _directory;
    }

    protected override async ValueTask CloseAsync()
    {
        if (_directory is { } directory) await directory.DisposeAsync();
        if (_server is { } server) await server.DisposeAsync();
    }
}
