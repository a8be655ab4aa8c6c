using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Holdfast.Servers;

/// <summary>A certificate with its key, both in PEM.</summary>
public sealed record IssuedCertificate(string CertificateFile, string KeyFile);

/// <summary>An authority that signs certificates for tests, with their files in a temporary directory.</summary>
public sealed class TestAuthority : IDisposable
{
    private static readonly TimeSpan Life = TimeSpan.FromDays(1);

    private readonly string _directory = System.IO.Directory.CreateTempSubdirectory("holdfast-authority-").FullName;
    private readonly X509Certificate2 _root;
    private int _issued;

    public TestAuthority(string name = "a group")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        var now = TimeProvider.System.GetUtcNow();
        _root = request.CreateSelfSigned(now - (3 * Life), now + (3 * Life));
        File.WriteAllText(PathOf("authority.pem"), _root.ExportCertificatePem());
    }

    public string AuthorityFile => PathOf("authority.pem");

    /// <summary>Certificate and key with these names, in files of their own.</summary>
    /// <param name="names">DNS names or addresses; at least one.</param>
    /// <param name="endsIn">From now; negative for one that has ended.</param>
    /// <param name="use">The extended use, null for a server and a client.</param>
    public IssuedCertificate Issue(
        IReadOnlyList<string> names, TimeSpan? endsIn = null, string? use = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={names[0]}", key, HashAlgorithmName.SHA256);
        var alternative = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (IPAddress.TryParse(name, out var address)) alternative.AddIpAddress(address);
            else alternative.AddDnsName(name);
        }

        request.CertificateExtensions.Add(alternative.Build());
        string[] uses = use is null ? ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"] : [use];
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
            [.. uses.Select(oid => new Oid(oid))], critical: false));
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.Create(
            _root, now - (2 * Life), now + (endsIn ?? Life), RandomNumberGenerator.GetBytes(8));
        var number = ++_issued;
        var (certificateFile, keyFile) = (PathOf($"{number}.pem"), PathOf($"{number}.key"));
        File.WriteAllText(certificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
        return new IssuedCertificate(certificateFile, keyFile);
    }

    public void Dispose()
    {
        _root.Dispose();
        System.IO.Directory.Delete(_directory, recursive: true);
    }

    private string PathOf(string name) => Path.Combine(_directory, name);
}
