using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Holdfast.Primitives;

/// <summary>What is wrong with a certificate that somebody showed.</summary>
public enum CertificateFault
{
    /// <summary>None was shown.</summary>
    Missing,

    /// <summary>It was not signed by the authority, or not as the authority's certificates must be.</summary>
    Authority,

    /// <summary>It, or one between it and the authority, is not valid yet or no more.</summary>
    Expired,

    /// <summary>It was issued for something else, say for servers and shown by a client.</summary>
    Use,
}

/// <summary>As what a certificate is shown.</summary>
public enum CertificateUse
{
    Server,
    Client,
}

/// <summary>
/// Who signs the certificates of a group: one or several root certificates, and no others, whatever the machine
/// trusts. Lists of revoked certificates are not asked: to turn one away, give the group a new authority.
/// </summary>
public sealed class CertificateAuthority
{
    private const string ServerUse = "1.3.6.1.5.5.7.3.1";
    private const string ClientUse = "1.3.6.1.5.5.7.3.2";

    private readonly X509Certificate2Collection _roots;

    private CertificateAuthority(X509Certificate2Collection roots) => _roots = roots;

    /// <param name="file">PEM, one or several certificates; while one replaces another, both.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">This process must not read it.</exception>
    /// <exception cref="CryptographicException">It holds no certificate.</exception>
    public static CertificateAuthority Read(string file)
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPemFile(file);
        return roots.Count > 0
            ? new CertificateAuthority(roots)
            : throw new CryptographicException("It holds no certificate in PEM.");
    }

    /// <summary>How a chain to this authority is built; nothing is fetched from anywhere.</summary>
    public X509ChainPolicy PolicyFor(CertificateUse use)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            ApplicationPolicy = { new Oid(use == CertificateUse.Server ? ServerUse : ClientUse) },
        };
        policy.CustomTrustStore.AddRange(_roots);
        return policy;
    }

    /// <summary>What is wrong with a certificate now; null when it is good. Names are not looked at.</summary>
    /// <param name="certificate">What was shown.</param>
    /// <param name="between">Certificates shown with it, which lead from it to the authority.</param>
    /// <param name="use">As what it was shown.</param>
    public CertificateFault? FaultOf(
        X509Certificate2? certificate, X509Certificate2Collection? between, CertificateUse use)
    {
        if (certificate is null) return CertificateFault.Missing;
        using var chain = new X509Chain { ChainPolicy = PolicyFor(use) };
        if (between is not null) chain.ChainPolicy.ExtraStore.AddRange(between);
        if (chain.Build(certificate)) return null;
        var faults = chain.ChainStatus.Aggregate(
            X509ChainStatusFlags.NoError, static (all, status) => all | status.Status);
        const X509ChainStatusFlags beyondTime =
            X509ChainStatusFlags.NotTimeValid | X509ChainStatusFlags.NotValidForUsage;
        if ((faults & ~beyondTime) != X509ChainStatusFlags.NoError) return CertificateFault.Authority;
        return faults.HasFlag(X509ChainStatusFlags.NotTimeValid) ? CertificateFault.Expired : CertificateFault.Use;
    }
}
