using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Standalone.Ports;

namespace Holdfast.Standalone.Demo;

/// <summary>The members as the agent of one node sees them.</summary>
internal sealed class MemberView(NodePlace node) : IDisposable
{
    private readonly HttpClient _http = new()
    {
        BaseAddress = Layout.Url(node.GossipHttp),
        Timeout = TimeSpan.FromSeconds(3),
    };

    public async Task<IReadOnlyList<string>> DownAsync(CancellationToken cancel) =>
    [
        .. (await _http.GetFromJsonAsync<List<MemberAnswer>>("/v1/members", ContractJson.Options, cancel))!
            .Where(member => member.State == "down")
            .Select(member => member.Node),
    ];

    public void Dispose() => _http.Dispose();
}
