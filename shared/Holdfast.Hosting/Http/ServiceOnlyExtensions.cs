using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Hosting;

/// <summary>Marks endpoints that only Holdfast's own services and operators may use.</summary>
public static class ServiceOnlyExtensions
{
    /// <summary>
    /// Where <c>Auth:ServiceTokenFile</c> is set, a change that <paramref name="covers"/> says yes to needs a token of
    /// it, or an operator's token or certificate; who is known and neither is answered with 403 <c>operatorOnly</c>.
    /// </summary>
    public static TBuilder RequireService<TBuilder>(this TBuilder endpoint, Func<HttpContext, bool> covers)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new ServiceOnly(covers));

    internal sealed record ServiceOnly(Func<HttpContext, bool> Covers);
}
