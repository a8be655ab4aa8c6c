using Microsoft.AspNetCore.Builder;

namespace Holdfast.Hosting;

/// <summary>Marks endpoints that only an operator may use.</summary>
public static class OperatorOnlyExtensions
{
    /// <summary>
    /// A change here needs a token of <c>Auth:OperatorTokenFile</c> where that is set; another token that is known is
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
