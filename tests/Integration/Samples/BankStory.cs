using System.Text.Json;
using Holdfast.Integration.World;
using Holdfast.Primitives;
using Holdfast.Servers;

namespace Holdfast.Integration.Samples;

/// <summary>The sample programs as processes: the ledger, and the accounts on nodes of every cluster.</summary>
internal sealed class BankStory : IAsyncDisposable
{
    private static readonly TimeSpan AskPatience = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, ServiceProcess> _accounts = new(StringComparer.Ordinal);
    private readonly HoldfastSystem _system;
    private readonly ServiceProcess _ledger;

    private BankStory(HoldfastSystem system)
    {
        _system = system;
        _ledger = ServiceProcess.Start("Ledger", "ledger", FreePort.Next(), system.Settings.Ledger());
    }

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

    /// <summary>
    /// Has the program on a node open accounts, which it owns then. It is asked again as its answer says, where it
    /// could not claim them.
    /// </summary>
    public Task OpenAsync(string node, IReadOnlyList<string> keys, TimeSpan patience) => Eventually.SeesAsync(
        $"{keys.Count} accounts opened on {node}",
        cancel => _accounts[node].PostAsync("/accounts", new { keys }, SystemSettings.Token, cancel),
        opened => opened.GetProperty("opened").GetArrayLength() == keys.Count,
        patience);

    /// <summary>SIGKILL to the programs of a cluster.</summary>
    public void KillCluster(string cluster)
    {
        foreach (var (node, program) in _accounts)
        {
            if (node.StartsWith(cluster + "-", StringComparison.Ordinal)) program.Kill();
        }
    }

    /// <summary>
    /// What the ledger holds, as soon as that will do. Where it does not come to that, the message has what everybody
    /// said, what each program owns, and what the directory has on record.
    /// </summary>
    public async Task<IReadOnlyList<Balance>> BalancesAsync(
        string what, Predicate<IReadOnlyList<Balance>> fits, TimeSpan patience)
    {
        try
        {
            return await Eventually.SeesAsync(what, ReadBalancesAsync, fits, patience);
        }
        catch (TimeoutException late)
        {
            var wrote = await TryAsync("who wrote how many last", WrittenAsync);
            throw new TimeoutException($"{wrote} {late.Message}\n{await ToldAsync()}", late);
        }
    }

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

    private async Task<string> ToldAsync()
    {
        var told = new List<string> { await TryAsync("on record", RecordsAsync) };
        foreach (var (node, program) in _accounts)
        {
            told.Add(program.Said());
            told.Add(await TryAsync(
                $"{node} owns", async cancel => (await program.GetAsync("/accounts", cancel)).ToString()));
        }

        told.Add(_ledger.Said());
        told.Add(_system.Said());
        return string.Join('\n', told);
    }

    private async Task<string> WrittenAsync(CancellationToken cancel)
    {
        var counts = (await ReadBalancesAsync(cancel)).CountBy(balance => balance.Writer);
        return string.Join(", ", counts.Select(one => $"{one.Key} {one.Value}"));
    }

    /// <summary>Who holds each account, and whether it is offered.</summary>
    private async Task<string> RecordsAsync(CancellationToken cancel)
    {
        var accounts = (await ReadBalancesAsync(cancel)).Select(balance => GrainId.Parse(balance.Key)).ToList();
        var answers = await _system.Directory.LookupAsync(accounts, cancel);
        return string.Concat(answers.Select(answer => $"\n  {answer.Status} {answer.Record}"));
    }

    // The message is wanted all the more where somebody does not answer.
    private static async Task<string> TryAsync(string what, Func<CancellationToken, Task<string>> ask)
    {
        using var deadline = new CancellationTokenSource(AskPatience);
        try
        {
            return $"{what}: {await ask(deadline.Token)}";
        }
        catch (Exception unanswered)
        {
            return $"{what}: not known, {unanswered.Message}";
        }
    }
}

/// <summary>An account as the ledger has it.</summary>
internal sealed record Balance(string Key, long Amount, string Writer, string Epoch);
