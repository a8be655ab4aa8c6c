using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>
/// TLS under a connection between voters. The certificates are read for each connection where they have changed.
/// Sessions are never resumed, so that each connection is judged by the certificates of its day.
/// </summary>
internal sealed class VoterTls
{
    /// <summary>The reason of the exception when the other side spoke no TLS, or broke off.</summary>
    public const string Failed = "tls";

    private const byte HandshakeRecord = 0x16;
    private const byte MajorVersion = 0x03;
    private const int TellingBytes = 3;
    private static readonly TimeSpan PeekPause = TimeSpan.FromMilliseconds(10);

    private readonly Reloading<(OwnCertificate Own, SslStreamCertificateContext Context)[]> _own;
    private readonly Reloading<CertificateAuthority> _authority;

    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="CryptographicException">A file is not what is wanted.</exception>
    public VoterTls(RaftTlsOptions options, ILogger logger)
    {
        Required = options.Required;
        _own = new(
            [options.CertificateFile, options.KeyFile],
            () => [ReadOwn(options, logger)],
            unusable => Log.CertificateStale(logger, options.CertificateFile, unusable.Message));
        _authority = new(
            [options.AuthorityFile],
            () => CertificateAuthority.Read(options.AuthorityFile),
            unusable => Log.CertificateStale(logger, options.AuthorityFile, unusable.Message));
        _own.Read();
        _authority.Read();
    }

    /// <summary>Whether nothing is said and heard without it.</summary>
    public bool Required { get; }

    /// <summary>When the own certificate ends, in UTC.</summary>
    public DateTime EndsAt => _own.Read()[0].Own.Certificate.NotAfter.ToUniversalTime();

    /// <exception cref="FrameException">The other side is not who was dialled, or speaks no TLS.</exception>
    public async Task<Stream> DialAsync(Socket socket, NodeId to, CancellationToken cancel)
    {
        FrameException? refused = null;
        var options = new SslClientAuthenticationOptions
        {
            // Names are judged below: a voter's name need not be one of a host.
            TargetHost = "",
            ClientCertificateContext = _own.Read()[0].Context,
            CertificateChainPolicy = _authority.Read().PolicyFor(CertificateUse.Server),
            EnabledSslProtocols = SslProtocols.Tls13,
            AllowRenegotiation = false,
            AllowTlsResume = false,
            RemoteCertificateValidationCallback = (_, shown, chain, _) =>
                (refused = Judge(shown, chain, CertificateUse.Server).Against(to.Value)) is null,
        };
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        try
        {
            await stream.AuthenticateAsClientAsync(options, cancel).ConfigureAwait(false);
            return stream;
        }
        catch (Exception failure)
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            if (refused is not null) throw refused;
            if (IsOfTls(failure)) throw new FrameException(Failed, $"TLS failed: {failure.Message}");
            throw;
        }
    }

    /// <summary>
    /// A certificate that is wrong ends nothing yet: what it is goes along, so that the refusal is told to the other
    /// side, too, where somebody looks for it.
    /// </summary>
    /// <exception cref="FrameException">The other side speaks no TLS 1.3, or broke off.</exception>
    public async Task<(Stream Stream, Assurance Assurance)> AcceptAsync(
        BlockingStream below, CancellationToken cancel)
    {
        if (!BeginsTls(below, cancel))
        {
            Assurance inClear = Required ? new Assurance.InClearUnwanted() : new Assurance.InClear();
            return (below, inClear);
        }

        Assurance assurance = new Assurance.Certified(CertificateFault.Missing, []);
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = _own.Read()[0].Context,
            CertificateChainPolicy = _authority.Read().PolicyFor(CertificateUse.Client),
            ClientCertificateRequired = true,
            EnabledSslProtocols = SslProtocols.Tls13,
            AllowRenegotiation = false,
            AllowTlsResume = false,
            RemoteCertificateValidationCallback = (_, shown, chain, _) =>
                (assurance = Judge(shown, chain, CertificateUse.Client)) is Assurance.Certified,
        };
        var stream = new SslStream(below);
        try
        {
            await stream.AuthenticateAsServerAsync(options, cancel);
            return (stream, assurance);
        }
        catch (Exception failure)
        {
            await stream.DisposeAsync();
            if (IsOfTls(failure)) throw new FrameException(Failed, $"TLS failed: {failure.Message}");
            throw;
        }
    }

    private static bool IsOfTls(Exception failure) => failure is AuthenticationException or IOException;

    private static (OwnCertificate Own, SslStreamCertificateContext Context) ReadOwn(
        RaftTlsOptions options, ILogger logger)
    {
        var own = OwnCertificate.Read(options.CertificateFile, options.KeyFile);
        Log.CertificateRead(logger, options.CertificateFile, own.Certificate.NotAfter.ToUniversalTime());
        return (own, SslStreamCertificateContext.Create(own.Certificate, own.Between, offline: true));
    }

    private Assurance.Certified Judge(X509Certificate? shown, X509Chain? chain, CertificateUse use)
    {
        var certificate = shown as X509Certificate2;
        var fault = _authority.Read().FaultOf(certificate, chain?.ChainPolicy.ExtraStore, use);
        return new Assurance.Certified(fault, certificate is null ? [] : [.. CertificateNames.Of(certificate)]);
    }

    /// <summary>
    /// By the first bytes: a record of TLS begins with its kind and a 3; read as the length of a frame, that is more
    /// than any greeting has.
    /// </summary>
    private static bool BeginsTls(BlockingStream stream, CancellationToken cancel)
    {
        Span<byte> begin = stackalloc byte[TellingBytes];
        while (stream.Peek(begin, cancel) is not (0 or TellingBytes))
        {
            // One that sends byte by byte has as long as any greeting. The thread is the connection's own.
            cancel.WaitHandle.WaitOne(PeekPause);
            cancel.ThrowIfCancellationRequested();
        }

        return begin[0] == HandshakeRecord && begin[1] == MajorVersion && begin[2] <= MajorVersion + 1;
    }
}
