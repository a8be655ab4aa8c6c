using System.Net.Http.Headers;
using Holdfast.Contracts;
using Holdfast.Primitives;

namespace Holdfast.Standalone.Resource;

/// <summary>Writes to the resource over HTTP, each write with the epoch of its owner.</summary>
internal sealed class ResourceClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly string _writer;

    public ResourceClient(Uri resource, string tokenFile, string writer)
    {
        _writer = writer;
        _http = new HttpClient { BaseAddress = resource, Timeout = TimeSpan.FromSeconds(5) };
        _http.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Bearer", File.ReadAllText(tokenFile).Trim());
    }

    public async Task<WriteAnswer> WriteAsync(
        IEnumerable<KeyValuePair<GrainId, Epoch>> grains, string value, CancellationToken cancel)
    {
        var request = new WriteRequest(
            _writer,
            [.. grains.Select(grain => new ResourceWrite(grain.Key.ToString(), grain.Value.ToString(), value))]);
        using var response = await _http.PostAsJsonAsync("/v1/writes", request, ContractJson.Options, cancel);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<WriteAnswer>(ContractJson.Options, cancel))!;
    }

    public void Dispose() => _http.Dispose();
}
