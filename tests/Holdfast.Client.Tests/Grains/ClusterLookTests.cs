using Holdfast.Contracts.Http;
using Holdfast.Primitives;
using static Holdfast.Client.Tests.Grains.KeeperWorld;

namespace Holdfast.Client.Tests.Grains;

public sealed class ClusterLookTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_a_restore_a_session_of_the_life_before_has_ended_once_all_its_leases_have()
    {
        await using var world = await StartAsync();
        var before = new SessionId(world.Sessions.Mint());
        await using var own = await world.SessionAsync(East);
        var snapshot = await world.Consensus.SnapshotAsync(Cancel);
        var past = new SessionAnswer
        {
            Session = Token.Mint(1, snapshot.AppliedIndex).ToString(),
            Token = Token.Mint(1, snapshot.AppliedIndex).ToString(),
            Cluster = "restored",
            Ttl = TimeSpan.FromSeconds(60),
            Name = "everything granted before the restore",
            Agent = false,
            State = "revoked",
        };

        var restored = new ClusterLook(snapshot with { Sessions = [past, .. snapshot.Sessions] }, own);
        var later = new ClusterLook(snapshot, own);

        restored.HasEnded(before).ShouldBeFalse("its lease may still run");
        restored.IsOver(before).ShouldBeTrue("it has no right to a token any more");
        later.HasEnded(before).ShouldBeTrue();
    }
}
