using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Holdfast.Containers.Compose;

namespace Holdfast.Containers.Incidents;

/// <summary>An account as the ledger has it.</summary>
internal sealed record Balance(string Key, long Amount, string Writer, string Epoch);

/// <summary>What one program owns and runs.</summary>
internal sealed record ProgramState(
    string Node, IReadOnlyList<string> Accounts, IReadOnlyList<string> Replicas, long Refused, int Unsent);

/// <summary>The users' programs of the set: the accounts on each node, and the ledger that they write to.</summary>
internal sealed class Bank(ComposeSet set) : IDisposable
{
    private const int LedgerPort = 8080;
    private const int AccountsPort = 8081;

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };

    /// <summary>Opens as many new accounts on a node; returns the keys of their grains.</summary>
    public async Task<IReadOnlyList<string>> OpenAsync(string node, int count, TimeSpan patience)
    {
        var run = Guid.NewGuid().ToString("n")[..8];
        string[] keys = [.. Enumerable.Range(1, count).Select(number => $"{node}-{run}-{number:d3}")];
        var address = new Uri(await set.AddressAsync(node, AccountsPort), "/accounts");
        await Eventually.SeesAsync(
            $"{count} accounts opened on {node}",
            async cancel =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, address);
                request.Content = JsonContent.Create(new { keys });
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", set.Secret("token-users"));
                using var answer = await _http.SendAsync(request, cancel);
                return (await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync(cancel));
            },
            answer => keys.All(key => answer.Contains(key, StringComparison.Ordinal)),
            patience);
        return keys;
    }

    /// <summary>These accounts as the ledger has them, as soon as that will do.</summary>
    public Task<IReadOnlyList<Balance>> BalancesAsync(
        string what, IReadOnlyList<string> keys, Predicate<Balance> each, TimeSpan patience)
    {
        var wanted = keys.Select(key => $"account/{key}").ToHashSet(StringComparer.Ordinal);
        return Eventually.SeesAsync(
            what,
            cancel => ReadBalancesAsync(wanted, cancel),
            balances => balances.Count == wanted.Count && balances.All(balance => each(balance)),
            patience);
    }

    public async Task<JsonElement> TotalsAsync(CancellationToken cancel) =>
        await GetAsync("ledger", LedgerPort, "/v1/totals", cancel);

    /// <summary>How many writes of a writer the ledger took and refused.</summary>
    public async Task<(long Accepted, long Refused)> WritesAsync(string writer, CancellationToken cancel) =>
        (await TotalsAsync(cancel)).GetProperty("writers").TryGetProperty(writer, out var totals)
            ? (totals.GetProperty("accepted").GetInt64(), totals.GetProperty("refused").GetInt64())
            : (0, 0);

    /// <summary>What the programs on these nodes say, as soon as that will do.</summary>
    public Task<IReadOnlyList<ProgramState>> ProgramsAsync(
        string what, string[] nodes, Predicate<IReadOnlyList<ProgramState>> fits, TimeSpan patience) =>
        Eventually.SeesAsync(what, async cancel => await ReadProgramsAsync(nodes, cancel), fits, patience);

    public void Dispose() => _http.Dispose();

    private async Task<IReadOnlyList<Balance>> ReadBalancesAsync(HashSet<string> wanted, CancellationToken cancel)
    {
        var all = await GetAsync("ledger", LedgerPort, "/v1/accounts", cancel);
        return
        [
            .. all.EnumerateArray()
                .Select(entry => new Balance(
                    Text(entry, "key"),
                    entry.GetProperty("balance").GetInt64(),
                    Text(entry, "writer"),
                    Text(entry, "epoch")))
                .Where(balance => wanted.Contains(balance.Key)),
        ];
    }

    /// <summary>What the programs on these nodes say now.</summary>
    public async Task<IReadOnlyList<ProgramState>> ReadProgramsAsync(string[] nodes, CancellationToken cancel)
    {
        var states = new List<ProgramState>();
        foreach (var node in nodes)
        {
            var answer = await GetAsync(node, AccountsPort, "/accounts", cancel);
            states.Add(new ProgramState(
                node,
                [.. answer.GetProperty("accounts").EnumerateObject().Select(account => account.Name)],
                [.. answer.GetProperty("replicas").EnumerateObject().Select(replica => replica.Name)],
                answer.GetProperty("writes").GetProperty("refused").GetInt64(),
                answer.GetProperty("unsent").GetInt32()));
        }

        return states;
    }

    private async Task<JsonElement> GetAsync(string service, int port, string path, CancellationToken cancel)
    {
        var address = await set.AddressAsync(service, port);
        using var document = JsonDocument.Parse(await _http.GetStringAsync(new Uri(address, path), cancel));
        return document.RootElement.Clone();
    }

    private static string Text(JsonElement entry, string property) => entry.GetProperty(property).GetString() ?? "";
}
