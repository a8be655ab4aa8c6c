using Holdfast.Containers.Bus;
using Holdfast.Containers.Compose;
using Holdfast.Contracts;
using Holdfast.Integration.Subscribers;
using Holdfast.Primitives;

namespace Holdfast.Containers.Incidents;

/// <summary>
/// What every incident begins with: accounts that the programs of east own and write, a group of replicas that its
/// nodes run, and a subscriber from outside with the rights of a user.
/// </summary>
internal sealed class EastWorld : IAsyncDisposable
{
    public const int SlotCount = 2;

    private const int AccountsPerNode = 10;

    /// <summary>Everything of the site, its voter among it.</summary>
    public static readonly string[] Site = [.. Nodes, "consensus-east", "failover-east", "recovery-east"];

    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly Type[] Events =
    [
        typeof(PeerDown), typeof(PeerFenced), typeof(FailoverStarted), typeof(GrainPromoted), typeof(FailoverCompleted),
        typeof(SlotUnhealthy), typeof(SlotPlaced), typeof(SlotRecovered),
    ];

    private EastWorld(ComposeSet set) => (Set, Bank) = (set, new Bank(set));

    public static string[] Nodes => ["east-1", "east-2"];

    public static string[] Heirs => ["west-1", "west-2"];

    public ComposeSet Set { get; }

    public Bank Bank { get; }

    public string Group { get; } = $"replicas-{Guid.NewGuid().ToString("n")[..8]}";

    /// <summary>The keys of the accounts.</summary>
    public IReadOnlyList<string> Accounts { get; private set; } = [];

    /// <summary>The accounts as they were before the incident.</summary>
    public IReadOnlyList<Balance> Before { get; private set; } = [];

    public PythonSubscriber Subscriber { get; private set; } = null!;

    /// <summary>The grains that must find a new owner: the accounts, and the group.</summary>
    public IReadOnlyList<GrainId> Grains =>
    [
        .. Accounts.Select(key => new GrainId("account", key)), new GrainId("holdfast.group", Group),
    ];

    public static async Task<EastWorld> PrepareAsync(ComposeWorld compose)
    {
        var world = new EastWorld(await compose.HealthyAsync());
        try
        {
            var users = await BusUser.OfAsync(world.Set, "users");
            var (kind, answer) = await users.SendAsync(
                "define-group",
                new { group = world.Group, kind = "replica", clusterId = "east", slots = SlotCount, perNodeMax = 1 });
            kind.ShouldBe(nameof(CommandAccepted), answer.GetRawText());
            List<string> accounts = [];
            foreach (var node in Nodes) accounts.AddRange(await world.Bank.OpenAsync(node, AccountsPerNode, Patience));
            world.Accounts = accounts;
            world.Before = await world.Bank.BalancesAsync(
                "every account written by its owner in east",
                accounts,
                balance => balance.Amount >= 1 && Nodes.Contains(balance.Writer, StringComparer.Ordinal),
                Patience);
            await world.Bank.ProgramsAsync(
                $"the replicas of {world.Group} in east", Nodes, world.RunsEveryReplicaOnce, Patience);
            world.Subscriber = await users.SubscribeAsync(Events);
            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    /// <summary>Whether these programs together run each slot of the group, none twice.</summary>
    public bool RunsEveryReplicaOnce(IReadOnlyList<ProgramState> programs)
    {
        var running = programs.SelectMany(program => program.Replicas)
            .Where(replica => replica.StartsWith(Group + "/", StringComparison.Ordinal))
            .ToList();
        return running.Count == SlotCount && running.Distinct(StringComparer.Ordinal).Count() == SlotCount;
    }

    /// <summary>Every account goes on in west, with no write lost that the ledger had taken.</summary>
    public async Task IsServedByHeirsAsync(CancellationToken cancel)
    {
        var after = await Bank.BalancesAsync(
            "every account written by its heir in west",
            Accounts,
            balance => Heirs.Contains(balance.Writer, StringComparer.Ordinal),
            Patience);
        foreach (var (old, fresh) in Before.Zip(after))
        {
            fresh.Key.ShouldBe(old.Key);
            fresh.Amount.ShouldBeGreaterThanOrEqualTo(old.Amount);
            string.CompareOrdinal(fresh.Epoch, old.Epoch).ShouldBePositive(fresh.Key);
        }

        (await Bank.TotalsAsync(cancel)).GetProperty("sharedEpochs").GetInt64().ShouldBe(0);
    }

    public async ValueTask DisposeAsync()
    {
        if (Subscriber is not null) await Subscriber.DisposeAsync();
        Bank.Dispose();
    }
}
