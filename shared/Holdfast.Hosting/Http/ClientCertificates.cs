using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using Holdfast.Primitives;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace Holdfast.Hosting;

/// <summary>
/// The certificates that may change something, beside tokens or instead of them. A certificate is judged when its
/// connection begins, and again when an authority's file has changed since.
/// </summary>
internal sealed class ClientCertificates
{
    private readonly Reloading<CertificateAuthority>? _known;
    private readonly Reloading<CertificateAuthority>? _operators;

    // The certificate of a connection is one object for all its requests.
    private readonly ConditionalWeakTable<X509Certificate2, Judged> _judged = [];

    private ClientCertificates(AuthOptions options) => (_known, _operators) =
        (Watch(options.ClientAuthorityFile), Watch(options.OperatorAuthorityFile));

    /// <summary>Whether any are asked for.</summary>
    public bool AreAskedFor => _known is not null || _operators is not null;

    /// <summary>Reads what the options name; what is wrong with it goes to <paramref name="problems"/>.</summary>
    public static ClientCertificates Load(AuthOptions options, List<string> problems)
    {
        var certificates = new ClientCertificates(options);
        Check("ClientAuthorityFile", options.ClientAuthorityFile, certificates._known, problems);
        Check("OperatorAuthorityFile", options.OperatorAuthorityFile, certificates._operators, problems);
        return certificates;
    }

    /// <summary>Whose certificate it is; nobody's where none was shown.</summary>
    public Standing StandingOf(X509Certificate2? certificate)
    {
        if (certificate is null || !AreAskedFor) return Standing.Unknown;
        var (known, operators) = (_known?.Read(), _operators?.Read());
        if (_judged.TryGetValue(certificate, out var judged) && judged.IsBy(known, operators)) return judged.Standing;
        var standing = IsGood(operators, certificate) ? Standing.Operator
            : IsGood(known, certificate) ? Standing.Known
            : Standing.Unknown;
        _judged.AddOrUpdate(certificate, new Judged(known, operators, standing));
        return standing;
    }

    /// <summary>Asks for certificates without demanding one; one that is nobody's ends the connection.</summary>
    public void Apply(HttpsConnectionAdapterOptions https, ILogger logger)
    {
        https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
        https.ClientCertificateValidation = (certificate, _, _) =>
        {
            var isKnown = StandingOf(certificate) != Standing.Unknown;
            if (!isKnown) Log.CertificateRefused(logger, certificate.Subject, certificate.Issuer);
            return isKnown;
        };

        // Judged above and by our authorities only; nothing is fetched on behalf of a stranger.
        https.OnAuthenticate = static (_, tls) => tls.CertificateChainPolicy = new X509ChainPolicy
        {
            DisableCertificateDownloads = true,
            RevocationMode = X509RevocationMode.NoCheck,
        };
    }

    private static bool IsGood(CertificateAuthority? authority, X509Certificate2 certificate) =>
        authority is not null && authority.FaultOf(certificate, between: null, CertificateUse.Client) is null;

    private static Reloading<CertificateAuthority>? Watch(string? file) =>
        file is null ? null : new Reloading<CertificateAuthority>([file], () => CertificateAuthority.Read(file));

    private static void Check(
        string key, string? file, Reloading<CertificateAuthority>? authority, List<string> problems)
    {
        try
        {
            authority?.Read();
        }
        catch (Exception unusable) when (Reloading<CertificateAuthority>.IsOfFiles(unusable))
        {
            problems.Add(
                $"Auth:{key} is '{file}'; wanted is a file with the certificate of an authority in PEM. " +
                unusable.Message);
        }
    }

    private sealed record Judged(
        CertificateAuthority? Known, CertificateAuthority? Operators, Standing Standing)
    {
        public bool IsBy(CertificateAuthority? known, CertificateAuthority? operators) =>
            ReferenceEquals(Known, known) && ReferenceEquals(Operators, operators);
    }
}
