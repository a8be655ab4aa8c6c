using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Holdfast.Primitives;

/// <summary>A certificate with its key, by which this process shows who it is.</summary>
/// <param name="Certificate">The certificate; its private key is with it.</param>
/// <param name="Between">Certificates that lead from it to its authority; often none.</param>
public sealed record OwnCertificate(X509Certificate2 Certificate, X509Certificate2Collection Between)
{
    /// <param name="certificateFile">PEM: the certificate, then those between it and the authority.</param>
    /// <param name="keyFile">PEM: its private key, not encrypted.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">This process must not read a file.</exception>
    /// <exception cref="CryptographicException">They are no certificate and key, or not of each other.</exception>
    public static OwnCertificate Read(string certificateFile, string keyFile)
    {
        var certificate = ReadPair(certificateFile, keyFile);
        var between = new X509Certificate2Collection();
        between.ImportFromPemFile(certificateFile);
        between.RemoveAt(0);
        return new OwnCertificate(certificate, between);
    }

    private static X509Certificate2 ReadPair(string certificateFile, string keyFile)
    {
        try
        {
            return X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
        }
        catch (ArgumentException unfit)
        {
            // Thrown for a key of another certificate; its words name a parameter that is none here.
            throw new CryptographicException("The key is not that of the certificate.", unfit);
        }
    }
}

/// <summary>The names in a certificate.</summary>
public static class CertificateNames
{
    /// <summary>
    /// The DNS names among its subject's alternative names, as they are written; the older way of a name in the subject
    /// itself counts for nothing.
    /// </summary>
    public static IReadOnlyList<string> Of(X509Certificate2 certificate)
    {
        try
        {
            return
            [
                .. certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
                    .SelectMany(static names => names.EnumerateDnsNames()),
            ];
        }
        catch (CryptographicException)
        {
            // Names that cannot be read are none.
            return [];
        }
    }
}
