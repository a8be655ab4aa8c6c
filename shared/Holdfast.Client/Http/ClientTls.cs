using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>
/// Whom a client trusts at https addresses and what it shows there. Files are read again when they change, for
/// connections made from then on.
/// </summary>
internal sealed class ClientTls
{
    private readonly Reloading<CertificateAuthority>? _authority;
    private readonly Reloading<OwnCertificate>? _own;

    private ClientTls(Reloading<CertificateAuthority>? authority, Reloading<OwnCertificate>? own) =>
        (_authority, _own) = (authority, own);

    /// <summary>Null where the options name no file.</summary>
    public static ClientTls? Of(ConsensusClientOptions options)
    {
        var authority = options.AuthorityFile is { } roots
            ? new Reloading<CertificateAuthority>([roots], () => CertificateAuthority.Read(roots))
            : null;
        var own = options is { CertificateFile: { } certificate, KeyFile: { } key }
            ? new Reloading<OwnCertificate>([certificate, key], () => OwnCertificate.Read(certificate, key))
            : null;
        return authority is null && own is null ? null : new ClientTls(authority, own);
    }

    /// <summary>What is wrong with the files that the options name.</summary>
    public static IEnumerable<string> Problems(ConsensusClientOptions options)
    {
        const string section = ConsensusClientOptions.Section;
        if (options.CertificateFile is null != options.KeyFile is null)
        {
            yield return $"{section}:CertificateFile is '{options.CertificateFile}' and {section}:KeyFile is " +
                $"'{options.KeyFile}'; both are wanted, or neither.";
            yield break;
        }

        var tls = Of(options);
        if (Fault(tls?._authority) is { } untrusted)
        {
            yield return $"{section}:AuthorityFile is '{options.AuthorityFile}'; wanted is a file with the " +
                $"certificate of an authority in PEM. {untrusted}";
        }

        if (Fault(tls?._own) is { } unusable)
        {
            yield return $"{section}:CertificateFile is '{options.CertificateFile}'; wanted is a certificate in PEM " +
                $"with the key in {section}:KeyFile '{options.KeyFile}'. {unusable}";
        }
    }

    public SslClientAuthenticationOptions Options()
    {
        var options = new SslClientAuthenticationOptions();
        if (_authority is { } authority)
        {
            options.CertificateChainPolicy = authority.Read().PolicyFor(CertificateUse.Server);

            // The name must be right as ever; who signed it is asked of the file as it is now.
            options.RemoteCertificateValidationCallback = (_, shown, chain, errors) =>
                !errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) &&
                authority.Read().FaultOf(
                    shown as X509Certificate2,
                    chain?.ChainPolicy.ExtraStore,
                    CertificateUse.Server) is null;
        }

        if (_own is { } own)
            options.LocalCertificateSelectionCallback = (_, _, _, _, _) => own.Read().Certificate;
        return options;
    }

    private static string? Fault<T>(Reloading<T>? files)
        where T : class
    {
        try
        {
            files?.Read();
            return null;
        }
        catch (Exception unusable) when (Reloading<T>.IsOfFiles(unusable))
        {
            return unusable.Message;
        }
    }
}
