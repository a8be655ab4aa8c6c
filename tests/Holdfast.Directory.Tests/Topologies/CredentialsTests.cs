using Holdfast.Directory.Tests.Contract;
using Holdfast.Servers.Topologies;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Topologies;

/// <summary>Users of the access list where there is more than one server to convince.</summary>
public sealed class CredentialsTests : TopologyTests
{
    private const string Handshake =
        "+auth +ping +info +client|setname +echo +hello +select +config|get +cluster|nodes +subscribe +unsubscribe " +
        "+quit";

    private static readonly string[] Admin = ["--user", "admin", "--pass", "any", "--no-auth-warning"];

    private readonly string _password = Path.GetTempFileName();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        File.Delete(_password);
    }

    [Fact]
    public async Task A_user_is_let_in_by_every_master_of_a_cluster_and_by_the_replica_that_takes_over()
    {
        await using var cluster = await RedisCluster.StartAsync();
        var master = await cluster.MasterOfAsync("{hf:00}:meta");
        var replica = await cluster.ReplicaOfAsync(master);
        await File.WriteAllTextAsync(_password, "s3cret\n", Cancel);
        foreach (var node in cluster.Nodes)
        {
            await node.CliAsync("ACL", "SETUSER", "admin", "on", "nopass", "~*", "&*", "+@all");
            await node.CliAsync(
                "ACL", "SETUSER", "svc", "on", ">s3cret", "~{hf:*", "&*", "+@all", "-@dangerous", "+info");
            await node.CliAsync(["ACL", "SETUSER", "default", "-@all", .. Handshake.Split(' ')]);
        }

        var directory = Open(new DirectoryOptions
        {
            Redis = cluster.Addresses,
            Deadline = Patient,
            User = "svc",
            PasswordFile = _password,
        });

        await CreateAsync(directory);
        await directory.ClaimAllAsync(Many(500), East, 11, 11);
        await cluster.ReplaceSoonAsync(Admin);
        await master.KillAsync();
        await ConfirmAllAsync(directory);
        await directory.ClaimAllAsync(Many(500), East, 11, 12);

        (await directory.LookupAsync(Many(500), Cancel)).ShouldAllBe(answer => answer.Record!.Epoch == E(12));
        (await replica.CliAsync([.. Admin, "ROLE"])).ShouldStartWith("master");
    }

    [Fact]
    public async Task A_user_is_let_in_by_the_master_that_sentinels_with_a_password_name()
    {
        await using var sentinels = await RedisSentinels.StartAsync();
        await File.WriteAllTextAsync(_password, "s3cret\n", Cancel);
        foreach (var sentinel in sentinels.Sentinels)
            await sentinel.CliAsync("ACL", "SETUSER", "asks", "on", ">s3cret", "~*", "&*", "+@all");
        foreach (var server in sentinels.Servers)
        {
            await server.CliAsync(
                "ACL", "SETUSER", "svc", "on", ">s3cret", "~{hf:*", "&*", "+@all", "-@dangerous", "+info");
            await server.CliAsync(["ACL", "SETUSER", "default", "-@all", .. Handshake.Split(' ')]);
        }

        foreach (var sentinel in sentinels.Sentinels)
            await sentinel.CliAsync("ACL", "SETUSER", "default", "resetpass", ">unknown");
        var directory = Open(new DirectoryOptions
        {
            Sentinels = sentinels.Addresses,
            SentinelMaster = RedisSentinels.MasterName,
            SentinelUser = "asks",
            SentinelPasswordFile = _password,
            Deadline = Patient,
            User = "svc",
            PasswordFile = _password,
        });

        await CreateAsync(directory);

        (await directory.ClaimAsync(G("a"), East, 11, 11)).Status.ShouldBe(DirectoryStatus.Ok);
    }
}
