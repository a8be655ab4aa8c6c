using System.Net.Http.Headers;
using Holdfast.Primitives;

namespace Holdfast.Accounts;

/// <summary>The ledger over HTTP.</summary>
internal sealed class LedgerClient : IDisposable
{
    /// <summary>Half of what the ledger takes at once.</summary>
    public const int WritesPerRequestMax = 500;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(3);

    private readonly HttpClient _http;
    private readonly string? _tokenFile;
    private readonly string _writer;

    public LedgerClient(AccountsOptions options, string writer)
    {
        _http = new HttpClient { BaseAddress = options.Ledger, Timeout = Deadline };
        (_tokenFile, _writer) = (options.LedgerTokenFile, writer);
    }

    /// <summary>Writes, each under its epoch, and returns what was refused.</summary>
    /// <exception cref="HttpRequestException">It may or may not be written; the same again is harmless.</exception>
    public async Task<IReadOnlyList<Refusal>> WriteAsync(IReadOnlyList<PendingWrite> writes, CancellationToken cancel)
    {
        var answer = await PostAsync(writes.Select(write => Of(write.Account, write.Epoch, write.Balance)), cancel);
        return [.. answer.Refused.Select(one => new Refusal(GrainId.Parse(one.Key), Epoch.Parse(one.Epoch)))];
    }

    /// <summary>
    /// Begins to own: the ledger refuses the owner before from now on, and tells the balance that one left behind.
    /// </summary>
    /// <returns>The balance; null where the account has a newer owner by now.</returns>
    /// <exception cref="HttpRequestException">The ledger did not answer; the same again is harmless.</exception>
    public async Task<long?> OpenAsync(GrainId account, Epoch epoch, CancellationToken cancel)
    {
        var answer = await PostAsync([Of(account, epoch, null)], cancel);
        return answer.Balances.TryGetValue(account.ToString(), out var balance) ? balance : null;
    }

    /// <summary>All balances by key.</summary>
    /// <exception cref="HttpRequestException">The ledger did not answer.</exception>
    public async Task<IReadOnlyDictionary<string, long>> BalancesAsync(CancellationToken cancel)
    {
        var entries = (await _http.GetFromJsonAsync<List<Entry>>("/v1/accounts", cancel))!;
        return entries.ToDictionary(entry => entry.Key, entry => entry.Balance, StringComparer.Ordinal);
    }

    /// <summary>All balances by key; null when the ledger did not answer.</summary>
    public async Task<IReadOnlyDictionary<string, long>?> TryBalancesAsync(CancellationToken cancel)
    {
        try
        {
            return await BalancesAsync(cancel);
        }
        catch (Exception failure) when (IsOfTheNetwork(failure, cancel))
        {
            return null;
        }
    }

    // The deadline of the client is a cancellation that nobody here asked for.
    public static bool IsOfTheNetwork(Exception failure, CancellationToken cancel) =>
        failure is HttpRequestException or IOException ||
        (failure is OperationCanceledException && !cancel.IsCancellationRequested);

    public void Dispose() => _http.Dispose();

    private async Task<WriteAnswer> PostAsync(IEnumerable<Write> writes, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/writes");
        request.Content = JsonContent.Create(new WriteRequest(_writer, [.. writes]));
        if (_tokenFile is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await TokenAsync(cancel));
        using var response = await _http.SendAsync(request, cancel);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<WriteAnswer>(cancel))!;
    }

    private async Task<string> TokenAsync(CancellationToken cancel) =>
        (await File.ReadAllTextAsync(_tokenFile!, cancel)).Split('\n')[0].Trim();

    private static Write Of(GrainId account, Epoch epoch, long? balance) =>
        new(account.ToString(), epoch.ToString(), balance);

    private sealed record Write(string Key, string Epoch, long? Balance);

    private sealed record WriteRequest(string Writer, IReadOnlyList<Write> Writes);

    private sealed record Entry(string Key, long Balance);

    private sealed record Refused(string Key, string Epoch);

    private sealed record WriteAnswer(
        int Accepted, IReadOnlyList<Refused> Refused, IReadOnlyDictionary<string, long> Balances);
}
