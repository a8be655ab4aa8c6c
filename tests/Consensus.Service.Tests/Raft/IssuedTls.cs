using Holdfast.Consensus.Service.Raft;
using Holdfast.Servers;

namespace Holdfast.Consensus.Service.Tests.Raft;

internal static class IssuedTls
{
    /// <summary>What a voter is given of TLS, with a new certificate of this authority.</summary>
    public static RaftTlsOptions Tls(
        this TestAuthority authority, IReadOnlyList<string> names, TimeSpan? endsIn = null, string? use = null)
    {
        var issued = authority.Issue(names, endsIn, use);
        return new RaftTlsOptions
        {
            CertificateFile = issued.CertificateFile,
            KeyFile = issued.KeyFile,
            AuthorityFile = authority.AuthorityFile,
        };
    }
}
