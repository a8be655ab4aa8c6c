using Holdfast.Contracts;
using Holdfast.Hosting;
using Holdfast.Integration.World;
using Holdfast.Servers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Integration.Samples;

/// <summary>The samples as a user would run them, through the death of a cluster.</summary>
public sealed class AccountsTests
{
    private const int AccountCount = 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Accounts_of_a_dead_cluster_go_on_where_their_old_owner_stopped()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var rabbit = await TestServers.Current.StartRabbitMqAsync();
        await using var redis = await TestServers.Current.StartRedisAsync();
        await using var system = await HoldfastSystem.StartAsync(rabbit, redis);
        await using var bank = await BankStory.StartAsync(
            system, "east", AccountCount, "east-1", "east-2", "west-1", "north-1");
        var before = await bank.BalancesAsync(
            "every account of east written twice",
            balances => balances.Count == AccountCount && balances.All(balance => balance.Amount >= 2),
            Patience);
        before.ShouldAllBe(balance => balance.Writer.StartsWith("east-", StringComparison.Ordinal));

        bank.KillCluster("east");
        system.KillCluster("east");

        var after = await bank.BalancesAsync(
            "every account written by an heir",
            balances => balances.All(balance => !balance.Writer.StartsWith("east-", StringComparison.Ordinal)),
            Patience);
        after.Count.ShouldBe(AccountCount);
        after.Select(balance => balance.Writer).Distinct().ShouldHaveSingleItem();
        foreach (var (old, fresh) in before.Zip(after))
        {
            fresh.Key.ShouldBe(old.Key);
            fresh.Amount.ShouldBeGreaterThanOrEqualTo(old.Amount);
            string.CompareOrdinal(fresh.Epoch, old.Epoch).ShouldBePositive();
        }

        (await bank.TotalsAsync(cancel)).GetProperty("sharedEpochs").GetInt64().ShouldBe(0);
    }

    [Fact]
    public async Task Accounts_are_given_to_another_cluster_with_all_that_was_counted()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var rabbit = await TestServers.Current.StartRabbitMqAsync();
        await using var redis = await TestServers.Current.StartRedisAsync();
        await using var system = await HoldfastSystem.StartAsync(rabbit, redis);
        await using var bank = await BankStory.StartAsync(system, "east", 0, "east-1", "east-2", "west-1");
        var keys = Enumerable.Range(0, AccountCount).Select(i => $"east-{i:d4}").ToList();
        await bank.OpenAsync("east-1", [.. keys.Take(AccountCount / 2)], Patience);
        await bank.OpenAsync("east-2", [.. keys.Skip(AccountCount / 2)], Patience);
        var before = await bank.BalancesAsync(
            "every account of east written twice, half of them by each program",
            balances => balances.Count == AccountCount && balances.All(balance => balance.Amount >= 2),
            Patience);
        before.Count(balance => balance.Writer == "east-1").ShouldBe(AccountCount / 2);

        var answer = await OfferToWestAsync(rabbit, grainsMax: null);

        answer.ShouldBeOfType<CommandAccepted>();
        var after = await bank.BalancesAsync(
            "every account written by west", balances => balances.All(balance => balance.Writer == "west-1"), Patience);
        after.Count.ShouldBe(AccountCount);
        foreach (var (old, fresh) in before.Zip(after))
        {
            fresh.Key.ShouldBe(old.Key);
            fresh.Amount.ShouldBeGreaterThan(old.Amount);
            string.CompareOrdinal(fresh.Epoch, old.Epoch).ShouldBePositive();
        }

        var totals = await bank.TotalsAsync(cancel);
        totals.GetProperty("sharedEpochs").GetInt64().ShouldBe(0);
        totals.GetProperty("writers").EnumerateObject()
            .ShouldAllBe(writer => writer.Value.GetProperty("refused").GetInt64() == 0, "what was drained was written");
    }

    [Fact]
    public async Task Accounts_whose_giver_is_killed_with_half_of_them_asked_away_go_on_with_one_owner_each()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var rabbit = await TestServers.Current.StartRabbitMqAsync();
        await using var redis = await TestServers.Current.StartRedisAsync();
        await using var system = await HoldfastSystem.StartAsync(rabbit, redis);
        await using var bank = await BankStory.StartAsync(system, "east", AccountCount, "east-1", "west-1", "north-1");
        var before = await bank.BalancesAsync(
            "every account of east written twice",
            balances => balances.Count == AccountCount && balances.All(balance => balance.Amount >= 2),
            Patience);

        (await OfferToWestAsync(rabbit, AccountCount / 2)).ShouldBeOfType<CommandAccepted>();
        await bank.BalancesAsync(
            "an account written by west", balances => balances.Any(balance => balance.Writer == "west-1"), Patience);
        bank.KillCluster("east");
        system.KillCluster("east");

        var after = await bank.BalancesAsync(
            "every account written by another",
            balances => balances.All(balance => !balance.Writer.StartsWith("east-", StringComparison.Ordinal)),
            Patience);
        after.ShouldContain(balance => balance.Writer == "west-1");
        after.Count.ShouldBe(AccountCount);
        foreach (var (old, fresh) in before.Zip(after))
        {
            fresh.Key.ShouldBe(old.Key);
            fresh.Amount.ShouldBeGreaterThanOrEqualTo(old.Amount);
            string.CompareOrdinal(fresh.Epoch, old.Epoch).ShouldBePositive();
        }

        (await bank.TotalsAsync(cancel)).GetProperty("sharedEpochs").GetInt64().ShouldBe(0);
    }

    private static async Task<ICommandAnswer> OfferToWestAsync(ITestServer rabbit, int? grainsMax)
    {
        await using var bus = EventBus.Open(
            new BusOptions { Host = rabbit.Host, Port = rabbit.Port, PublishDeadline = TimeSpan.FromSeconds(30) },
            NullLoggerFactory.Instance);
        var wish = new OfferTransfer
        {
            CommandId = Guid.NewGuid(),
            FromCluster = "east",
            ToCluster = "west",
            GrainType = "account",
            GrainsMax = grainsMax,
        };
        return await bus.SendAsync(wish, TestContext.Current.CancellationToken);
    }
}
