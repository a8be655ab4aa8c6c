using Holdfast.Contracts.Http;
using Holdfast.Directory;
using Holdfast.Directory.Embedded;
using Holdfast.Directory.Redis;
using Holdfast.Primitives;
using Holdfast.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using static Holdfast.Client.Tests.Grains.KeeperWorld;

namespace Holdfast.Client.Tests.Grains;

/// <summary>Claims without a keeper are of fenced grains only.</summary>
public abstract class GrainClaimsKindTests : IAsyncLifetime
{
    private KeeperWorld _world = null!;

    protected static DirectoryOptions Options { get; } = new() { Shards = 2 };

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private IGrainDirectory Directory { get; set; } = null!;

    public async ValueTask InitializeAsync()
    {
        _world = await StartAsync();
        Directory = await OpenAsync();
        for (var shard = 0; shard < Directory.Shards; shard++)
            await Directory.OpenShardAsync(shard, ElectionName.Failover(East), new Token(1), new Token(1), Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await _world.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_grain_of_a_leased_type_is_refused_and_the_error_names_the_keeper()
    {
        _world.Sessions.Definitions[GrainTypeText.KeyOf("order")] = new GrainTypeText { Kind = "leased" }.Write();
        await using var session = await _world.SessionAsync(East);
        var claims = new GrainClaims(Directory, session);

        var refused = await Should.ThrowAsync<GrainTypeNotFencedException>(
            () => claims.ClaimAsync([new GrainId("room", "1"), G("1")], Cancel));

        refused.Type.ShouldBe("order");
        refused.Message.ShouldContain("GrainKeeper");
        claims.Held.ShouldBeEmpty();
        (await Directory.LookupAsync([G("1"), new GrainId("room", "1")], Cancel))
            .ShouldAllBe(answer => answer.Status == DirectoryStatus.NotFound);
    }

    [Theory]
    [InlineData("{\"kind\":\"borrowed\"}")]
    [InlineData("not json")]
    public async Task A_type_whose_definition_cannot_be_read_is_refused(string definition)
    {
        _world.Sessions.Definitions[GrainTypeText.KeyOf("order")] = definition;
        await using var session = await _world.SessionAsync(East);

        await Should.ThrowAsync<GrainTypeNotFencedException>(
            () => new GrainClaims(Directory, session).ClaimAsync([G("1")], Cancel));

        (await Directory.LookupAsync([G("1")], Cancel)).Single().Status.ShouldBe(DirectoryStatus.NotFound);
    }

    [Fact]
    public async Task A_claim_that_says_leased_by_itself_is_refused()
    {
        await using var session = await _world.SessionAsync(East);

        await Should.ThrowAsync<GrainTypeNotFencedException>(() => new GrainClaims(Directory, session).ClaimAsync(
            [new GrainClaim(G("1"), Kind: GrainKind.Leased)], Cancel));
    }

    [Fact]
    public async Task What_was_leased_under_an_earlier_definition_is_fenced_under_its_next_epoch()
    {
        await using var session = await _world.SessionAsync(East);
        await Directory.ClaimAsync(
            [new GrainClaim(G("1"), Kind: GrainKind.Leased)], East, session.Id, session.Token, Cancel);
        await session.AdvanceAsync(Cancel);

        var result = (await new GrainClaims(Directory, session).ClaimAsync([G("1")], Cancel)).Single();

        result.IsHeld.ShouldBeTrue();
        result.Record!.Kind.ShouldBe(GrainKind.Fenced);
    }

    [Fact]
    public async Task A_type_is_asked_for_once_and_claims_of_it_go_on_without_consensus()
    {
        await using var session = await _world.SessionAsync(East);
        var claims = new GrainClaims(Directory, session);
        (await claims.ClaimAsync([G("1")], Cancel)).Single().IsHeld.ShouldBeTrue();

        _world.Sessions.AnswersNobody = true;

        (await claims.ClaimAsync([G("2")], Cancel)).Single().IsHeld.ShouldBeTrue();
        _world.Sessions.AnswersNobody = false;
    }

    protected abstract Task<IGrainDirectory> OpenAsync();

    protected virtual ValueTask CloseAsync() => ValueTask.CompletedTask;
}

public sealed class EmbeddedGrainClaimsKindTests : GrainClaimsKindTests
{
    protected override Task<IGrainDirectory> OpenAsync() => Task.FromResult<IGrainDirectory>(
        new EmbeddedGrainDirectory(Options with { Backend = DirectoryBackend.Embedded }));
}

public sealed class RedisGrainClaimsKindTests : GrainClaimsKindTests
{
    private ITestServer? _server;
    private RedisGrainDirectory? _directory;

    protected override async Task<IGrainDirectory> OpenAsync()
    {
        _server = await TestServers.Current.StartRedisAsync();
        return _directory = new RedisGrainDirectory(
            Options with { Redis = _server.Address }, NullLogger<RedisGrainDirectory>.Instance);
    }

    protected override async ValueTask CloseAsync()
    {
        if (_directory is { } directory) await directory.DisposeAsync();
        if (_server is { } server) await server.DisposeAsync();
    }
}
