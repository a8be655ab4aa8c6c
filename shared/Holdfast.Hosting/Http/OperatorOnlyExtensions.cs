using Microsoft.AspNetCore.Builder;

namespace Holdfast.Hosting;

/// <summary>Marks endpoints that only an operator may use.</summary>
public static class OperatorOnlyExtensions
{
    /// <summary>
    /// Whatever is asked here, a <c>GET</c> too, needs a token or a certificate of somebody known, and an operator's
    /// where <c>Auth:OperatorTokenFile</c> or <c>Auth:OperatorAuthorityFile</c> is set; who is known and no operator is
    /// answered with 403 <c>operatorOnly</c>.
    /// </summary>
    public static TBuilder RequireOperator<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(OperatorOnly.Instance);

    internal sealed class OperatorOnly
    {
        public static readonly OperatorOnly Instance = new();

        private OperatorOnly()
        {
        }
    }
}
