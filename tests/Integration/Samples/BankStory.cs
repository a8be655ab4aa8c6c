using System.Text.Json;
using Holdfast.Integration.World;
using Holdfast.Servers;

namespace Holdfast.Integration.Samples;

/// <summary>The sample programs as processes: the ledger, and the accounts on nodes of every cluster.</summary>
internal sealed class BankStory : IAsyncDisposable
{
    private readonly Dictionary<string, ServiceProcess> _accounts = new(StringComparer.Ordinal);
    private readonly ServiceProcess _ledger;

    private BankStory(HoldfastSystem system) => _ledger = ServiceProcess.Start(
        "Ledger", "ledger", FreePort.Next(), system.Settings.Ledger());

    /// <summary>Starts the programs; those of <paramref name="firstCluster"/> begin with accounts.</summary>
    public static async Task<BankStory> StartAsync(
        HoldfastSystem system, string firstCluster, int first, params string[] nodes)
    {
        var bank = new BankStory(system);
        try
        {
            await bank._ledger.ReadyAsync();
            foreach (var node in nodes)
            {
                var cluster = node.Split('-')[0];
                var settings = system.Settings.Accounts(node, cluster, bank._ledger.Address);
                if (cluster == firstCluster) settings["Accounts:First"] = $"{first}";
                var name = $"accounts on {node}";
                bank._accounts[node] = ServiceProcess.Start("Accounts", name, FreePort.Next(), settings);
            }

            await Task.WhenAll(bank._accounts.Values.Select(program => program.ReadyAsync()));
            return bank;
        }
        catch
        {
            await bank.DisposeAsync();
            throw;
        }
    }

    /// <summary>SIGKILL to the programs of a cluster.</summary>
    public void KillCluster(string cluster)
    {
        foreach (var (node, program) in _accounts)
        {
            if (node.StartsWith(cluster + "-", StringComparison.Ordinal)) program.Kill();
        }
    }

    /// <summary>What the ledger holds, as soon as that will do.</summary>
    public Task<IReadOnlyList<Balance>> BalancesAsync(
        string what, Predicate<IReadOnlyList<Balance>> fits, TimeSpan patience) =>
        Eventually.SeesAsync(what, ReadBalancesAsync, fits, patience, Said);

    /// <summary>What the ledger counted.</summary>
    public Task<JsonElement> TotalsAsync(CancellationToken cancel) => _ledger.GetAsync("/v1/totals", cancel);

    public async ValueTask DisposeAsync()
    {
        foreach (var program in _accounts.Values) await program.DisposeAsync();
        await _ledger.DisposeAsync();
    }

    private async Task<IReadOnlyList<Balance>> ReadBalancesAsync(CancellationToken cancel) =>
    [
        .. (await _ledger.GetAsync("/v1/accounts", cancel)).EnumerateArray().Select(entry => new Balance(
            entry.GetProperty("key").GetString()!,
            entry.GetProperty("balance").GetInt64(),
            entry.GetProperty("writer").GetString()!,
            entry.GetProperty("epoch").GetString()!)),
    ];

    private string Said() => string.Join('\n', _accounts.Values.Select(program => program.Said()));
}

/// <summary>An account as the ledger has it.</summary>
internal sealed record Balance(string Key, long Amount, string Writer, string Epoch);
