namespace Holdfast.Consensus.Service.Raft;

/// <summary>
/// TLS 1.3 between voters. Both sides show a certificate of the group's authority, which names the voter among its DNS
/// names. The files are PEM, and are read again when they have changed: what is dialled from then on uses them.
/// </summary>
public sealed record RaftTlsOptions
{
    /// <summary>
    /// The voter's certificate, then those between it and the authority. Names the own node. No default.
    /// </summary>
    public required string CertificateFile { get; init; }

    /// <summary>Its private key. No default.</summary>
    public required string KeyFile { get; init; }

    /// <summary>Who signs the voters' certificates; while one authority replaces another, both. No default.</summary>
    public required string AuthorityFile { get; init; }

    /// <summary>
    /// False only while a group that spoke without TLS is switched over: such voters are heard, and spoken to when they
    /// answer no TLS. Whoever can cut a connection can then make two voters speak in clear. Default true.
    /// </summary>
    public bool Required { get; init; } = true;
}
