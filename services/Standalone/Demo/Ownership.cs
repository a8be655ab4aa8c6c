using System.Net.Http.Headers;
using Holdfast.Contracts;
using Holdfast.Directory;
using Holdfast.Primitives;
using Holdfast.Standalone.Local;
using Holdfast.Standalone.Nodes;
using Holdfast.Standalone.Ports;
using Holdfast.Standalone.Resource;

namespace Holdfast.Standalone.Demo;

/// <summary>Who owns what: as the directory says, and as the owners themselves say.</summary>
internal sealed class Ownership : IDisposable
{
    private readonly LocalSystem _system;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };

    public Ownership(LocalSystem system)
    {
        _system = system;
        _http.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Bearer", File.ReadAllText(system.TokenFile).Trim());
    }

    /// <summary>Every live record of the demo's grains; groups and daemons are grains too, and left out.</summary>
    public async Task<Dictionary<GrainId, GrainRecord>> RecordsAsync(CancellationToken cancel)
    {
        var records = new Dictionary<GrainId, GrainRecord>();
        foreach (var cluster in Layout.ClusterNames)
        {
            for (var shard = 0; shard < _system.Directory.Shards; shard++)
            {
                string? cursor = null;
                do
                {
                    var page = await _system.Directory.ListByOwnerAsync(shard, new ClusterId(cluster), cursor, cancel);
                    foreach (var record in page.Records.Where(record => GrainOwner.IsOurs(record.Grain)))
                        records[record.Grain] = record;
                    cursor = page.Next;
                }
                while (cursor is not null);
            }
        }

        return records;
    }

    /// <summary>What an owner process says it holds.</summary>
    public async Task<OwnerAnswer> HeldByAsync(NodePlace node, CancellationToken cancel) =>
        (await _http.GetFromJsonAsync<OwnerAnswer>(
            new Uri(Layout.Url(node.OwnerHttp), "/v1/grains"), ContractJson.Options, cancel))!;

    /// <summary>Asks an owner process to write a grain that it holds.</summary>
    public async Task<WriteAnswer> WriteAsync(NodePlace node, GrainId grain, string value, CancellationToken cancel)
    {
        using var response = await _http.PostAsJsonAsync(
            new Uri(Layout.Url(node.OwnerHttp), $"/v1/grains/{grain}"),
            new OwnerWriteRequest(value),
            ContractJson.Options,
            cancel);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<WriteAnswer>(ContractJson.Options, cancel))!;
    }

    /// <summary>What the resource holds of a grain.</summary>
    public async Task<ResourceEntry> EntryAsync(GrainId grain, CancellationToken cancel) =>
        (await _http.GetFromJsonAsync<ResourceEntry>(
            new Uri(_system.Layout.Resource, $"/v1/keys/{grain}"), ContractJson.Options, cancel))!;

    /// <summary>How many keys of the resource were written last by a node of a cluster.</summary>
    public async Task<int> WrittenByAsync(IEnumerable<NodePlace> nodes, CancellationToken cancel)
    {
        var writers = (await _http.GetFromJsonAsync<Dictionary<string, int>>(
            new Uri(_system.Layout.Resource, "/v1/writers"), ContractJson.Options, cancel))!;
        return nodes.Sum(node => writers.GetValueOrDefault(node.Node.Value));
    }

    public void Dispose() => _http.Dispose();
}
