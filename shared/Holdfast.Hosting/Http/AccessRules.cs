using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Hosting;

/// <summary>Who somebody is, as far as a token or a certificate tells; later ones may more.</summary>
internal enum Standing
{
    Unknown,
    Known,
    Service,
    Operator,
}

/// <summary>Whether a request may do what it asks for.</summary>
internal enum AccessVerdict
{
    Allowed,
    Unknown,
    NotService,
    NotOperator,
}

/// <summary>
/// Who may change something, or read what is for operators: who has a token or a certificate for it.
/// </summary>
internal sealed class AccessRules
{
    private readonly bool _allowsAnonymous;
    private readonly bool _servicesAreApart;
    private readonly bool _operatorsAreApart;
    private readonly BearerTokens _tokens;

    private AccessRules(AuthOptions options, BearerTokens tokens, ClientCertificates certificates)
    {
        _allowsAnonymous = options.AllowAnonymous;
        _servicesAreApart = options.ServiceTokenFile is not null;
        _operatorsAreApart = options.OperatorTokenFile is not null || options.OperatorAuthorityFile is not null;
        (_tokens, Certificates) = (tokens, certificates);
    }

    public ClientCertificates Certificates { get; }

    /// <summary>Reads what the options name; what is wrong with it goes to <paramref name="problems"/>.</summary>
    public static AccessRules Load(AuthOptions options, List<string> problems)
    {
        problems.AddRange(Contradictions(options));
        return new AccessRules(
            options, BearerTokens.Load(options, problems), ClientCertificates.Load(options, problems));
    }

    public AccessVerdict Judge(HttpContext context)
    {
        var metadata = context.GetEndpoint()?.Metadata;
        var isForOperators = metadata?.GetMetadata<OperatorOnlyExtensions.OperatorOnly>() is not null;
        if (_allowsAnonymous || (!IsChange(context) && !isForOperators)) return AccessVerdict.Allowed;
        var standing = _tokens.StandingOf(context.Request);
        if (standing != Standing.Operator && Certificates.AreAskedFor)
        {
            var shown = Certificates.StandingOf(context.Connection.ClientCertificate);
            if (shown > standing) standing = shown;
        }

        if (standing == Standing.Unknown) return AccessVerdict.Unknown;
        if (isForOperators && _operatorsAreApart && standing < Standing.Operator) return AccessVerdict.NotOperator;
        if (!_servicesAreApart || standing >= Standing.Service) return AccessVerdict.Allowed;
        var isForServices = metadata?.GetMetadata<ServiceOnlyExtensions.ServiceOnly>()?.Covers(context) is true;
        return isForServices ? AccessVerdict.NotService : AccessVerdict.Allowed;
    }

    // Safe unless said otherwise: whatever is not plainly a reading method is a change.
    private static bool IsChange(HttpContext context) =>
        !HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method) &&
        !HttpMethods.IsOptions(context.Request.Method) &&
        context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is null;

    private static IEnumerable<string> Contradictions(AuthOptions options)
    {
        var known = options.TokenFile is not null ? ("TokenFile", options.TokenFile)
            : options.ClientAuthorityFile is not null ? ("ClientAuthorityFile", options.ClientAuthorityFile)
            : default((string Key, string File)?);
        if (options.AllowAnonymous && known is var (key, given))
        {
            yield return $"Auth:AllowAnonymous is 'true' and Auth:{key} is '{given}'; wanted is one of the two.";
        }
        else if (!options.AllowAnonymous && known is null)
        {
            yield return "Auth:TokenFile is missing; wanted is a file with a bearer token for changes, " +
                "or Auth:AllowAnonymous 'true' where everybody who reaches the port may change anything.";
        }

        if (!options.AllowAnonymous && known is not null) yield break;
        if (options.ServiceTokenFile is { } services)
            yield return $"Auth:ServiceTokenFile is '{services}'; wanted is Auth:TokenFile beside it, or neither.";
        if (options.OperatorTokenFile is { } tokens)
            yield return $"Auth:OperatorTokenFile is '{tokens}'; wanted is Auth:TokenFile beside it, or neither.";
        if (options.OperatorAuthorityFile is { } authority)
        {
            yield return $"Auth:OperatorAuthorityFile is '{authority}'; wanted is Auth:TokenFile or " +
                "Auth:ClientAuthorityFile beside it, or none.";
        }
    }
}
