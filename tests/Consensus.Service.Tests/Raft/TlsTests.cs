using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Primitives;
using Holdfast.Servers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Consensus.Service.Tests.Raft;

/// <summary>Certificates between voters: who has none, or a wrong one, is told so and changes nothing.</summary>
[Collection("voters on loopback")]
public sealed class TlsTests : IDisposable
{
    // 32 beyond as many members as a group can have.
    private const int StrangersAndMore = 32 + Configuration.MembersMax + 1;
    private const string ForServersOnly = "1.3.6.1.5.5.7.3.1";
    private static readonly NodeId N1 = new("n1");
    private static readonly NodeId N2 = new("n2");

    private readonly TestAuthority _authority = new();
    private readonly TestAuthority _other = new("another group");
    private readonly Dictionary<NodeId, RaftTlsOptions> _issued = [];

    public void Dispose()
    {
        _authority.Dispose();
        _other.Dispose();
    }

    [Fact]
    public async Task Voters_with_certificates_of_one_authority_agree_without_a_secret()
    {
        await using var voters = new TestVoters(3) { Secret = default, Tls = Issue };
        await voters.StartAllAsync();

        for (var i = 0; i < 20; i++) await voters.ProposeAsync($"c{i}");

        foreach (var node in voters.Names) await voters.MachineOf(node).HasAsync("c19");
    }

    [Theory]
    [InlineData("no TLS", "plain", "a connection without TLS, which is wanted here")]
    [InlineData("no certificate", "noCertificate", "no certificate was shown")]
    [InlineData("another authority", "authority", "the certificate shown is not one of this group's authority")]
    [InlineData("another name", "name", "the certificate shown names 'n3', not 'n2'")]
    [InlineData("a certificate that ended", "expired", "the certificate shown is not valid now")]
    [InlineData("a certificate for servers", "use", "the certificate shown was issued for another use")]
    public async Task Who_dials_is_refused_by_name_and_told(string dialler, string reason, string told)
    {
        await using var voters = new TestVoters(3) { Tls = Issue };
        using var refusals = new RefusalListener();
        var host = await voters.StartAsync(N1);
        using var socket = await ConnectAsync(voters);

        var refused = await Should.ThrowAsync<FrameException>(() => GreetAsync(voters, socket, dialler))
            .OrFailAsync("it is refused");

        refused.Message.ShouldContain(told);
        await refusals.HearsAsync(reason);
        host.Status.Term.ShouldBe(Term.Zero);
    }

    [Theory]
    [InlineData("no TLS", "a connection without TLS, which is wanted here")]
    [InlineData("no certificate", "no certificate was shown")]
    public async Task Who_shows_no_certificate_is_not_told_what_the_group_is_called(string dialler, string told)
    {
        await using var voters = new TestVoters(3) { Tls = Issue };
        await voters.StartAsync(N1);
        using var socket = await ConnectAsync(voters);
        var guess = new Handshake(voters.OptionsOf(N2) with { Group = "guessed" });

        var refused = await Should.ThrowAsync<FrameException>(() => GreetAsync(socket, dialler, guess))
            .OrFailAsync("it is refused");

        refused.Message.ShouldBe($"Refused: {told}.");
    }

    [Theory]
    [InlineData("another authority", "authority")]
    [InlineData("another name", "name")]
    [InlineData("a certificate that ended", "expired")]
    [InlineData("no TLS", VoterTls.Failed)]
    public async Task Who_is_dialled_must_be_the_voter_that_was_meant(string dialled, string reason)
    {
        await using var voters = new TestVoters(3) { Tls = Issue };
        using var refusals = new RefusalListener();
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(voters.OptionsOf(N2).Listen);
        listener.Listen();
        var host = await voters.StartAsync(N1);

        using var socket = await listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask()
            .OrFailAsync("it is dialled");
        if (dialled == "no TLS")
            socket.Dispose();
        else
            await AnswerAsync(socket, Shown(dialled)!).OrFailAsync("the dialler breaks off");

        await refusals.HearsAsync(reason);
        host.Status.Term.ShouldBe(Term.Zero);
    }

    [Fact]
    public async Task A_new_authority_and_new_certificates_count_without_a_restart()
    {
        await using var voters = new TestVoters(3) { Tls = Issue };
        var files = Issue(N1);
        var (old, next) = (File.ReadAllText(_authority.AuthorityFile), File.ReadAllText(_other.AuthorityFile));
        await voters.StartAsync(N1);
        await GreetAsync(voters, "its own");

        // Both count while the voters change over, and what cannot be read changes nothing.
        File.WriteAllText(files.AuthorityFile, $"{old}\n{next}");
        await GreetAsync(voters, "another authority");
        File.WriteAllText(files.AuthorityFile, old[..100]);
        await GreetAsync(voters, "its own");
        await GreetAsync(voters, "another authority");

        File.WriteAllText(files.AuthorityFile, next);
        await GreetAsync(voters, "another authority");
        await Should.ThrowAsync<FrameException>(() => GreetAsync(voters, "its own"));

        // And what n1 shows itself.
        var dials = new VoterTls(_other.Tls(["n2"]), NullLogger.Instance);
        await ShouldBeOfAnotherAuthorityAsync(voters, dials);
        var renewed = _other.Tls(["n1"]);
        File.Copy(renewed.CertificateFile, files.CertificateFile, overwrite: true);
        await ShouldBeOfAnotherAuthorityAsync(voters, dials);
        File.Copy(renewed.KeyFile, files.KeyFile, overwrite: true);
        await DialAsync(voters, dials);
    }

    [Fact]
    public async Task Who_flushes_over_tls_does_not_wait_where_the_socket_has_room()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var dialling = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await dialling.ConnectAsync(listener.LocalEndPoint!, cancel);
        using var accepted = await listener.AcceptAsync(cancel);
        var (n1, n2) = (new VoterTls(Issue(N1), NullLogger.Instance), new VoterTls(Issue(N2), NullLogger.Instance));
        var accepting = Task.Run(() => n1.AcceptAsync(new BlockingStream(accepted), cancel), cancel);
        await using var secure = await n2.DialAsync(dialling, N1, cancel).OrFailAsync("TLS stands");
        await accepting.OrFailAsync("TLS stands there, too");
        await using var frames = new FrameStream(secure, dialling, Handshake.FrameBytesMax);

        for (var i = 0; i < 100; i++)
        {
            frames.Write(MessageCodec.ToFrame(new TimeoutNow(new Term(7))));
            frames.FlushAsync(cancel).IsCompletedSuccessfully.ShouldBeTrue($"flush {i} waited");
        }
    }

    [Fact]
    public async Task A_group_is_switched_over_voter_by_voter_while_it_serves()
    {
        await using var voters = new TestVoters(3);
        await voters.StartAllAsync();
        await voters.ProposeAsync("in clear");

        foreach (var required in new[] { false, true })
        {
            voters.Tls = node => Issue(node) with { Required = required };
            foreach (var node in voters.Names.ToList())
            {
                await voters.StopAsync(node);
                await voters.ProposeAsync($"without {node}, {required}");
                await voters.StartAsync(node);
                await voters.ProposeAsync($"with {node}, {required}");
                await voters.MachineOf(node).HasAsync($"with {node}, {required}");
            }
        }
    }

    [Fact]
    public async Task Who_says_nothing_is_closed_and_only_so_many_are_waited_for()
    {
        await using var voters = new TestVoters(3) { Tls = Issue };
        using var refusals = new RefusalListener();
        await voters.StartAsync(N1);
        var silent = new List<Socket>();

        // Half a record of TLS each: they are no voters, but could be.
        for (var i = 0; i < StrangersAndMore; i++)
        {
            silent.Add(await ConnectAsync(voters));
            await silent[i].SendAsync(new byte[] { 0x16, 0x03, 0x01 });
        }

        await refusals.HearsAsync("strangers");
        await refusals.HearsAsync("slow");
        foreach (var socket in silent) socket.Dispose();
        await GreetAsync(voters, "its own");
    }

    private RaftTlsOptions Issue(NodeId node) =>
        _issued.TryGetValue(node, out var issued) ? issued : _issued[node] = _authority.Tls([node.Value]);

    private static async Task ShouldBeOfAnotherAuthorityAsync(TestVoters voters, VoterTls dials)
    {
        var refused = await Should.ThrowAsync<FrameException>(() => DialAsync(voters, dials));
        refused.Message.ShouldContain("not one of this group's authority");
    }

    private static async Task DialAsync(TestVoters voters, VoterTls dials)
    {
        using var socket = await ConnectAsync(voters);
        await using var secure = await dials.DialAsync(socket, N1, TestContext.Current.CancellationToken)
            .OrFailAsync("TLS stands");
    }

    private static async Task<Socket> ConnectAsync(TestVoters voters)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(voters.OptionsOf(N1).Listen, TestContext.Current.CancellationToken);
        return socket;
    }

    private async Task GreetAsync(TestVoters voters, string dialler)
    {
        using var socket = await ConnectAsync(voters);
        await GreetAsync(voters, socket, dialler).OrFailAsync($"a dialler with {dialler} is welcome");
    }

    /// <summary>Says that it is n2, with whatever it shows.</summary>
    private Task GreetAsync(TestVoters voters, Socket socket, string dialler) =>
        GreetAsync(socket, dialler, new Handshake(voters.OptionsOf(N2)));

    private async Task GreetAsync(Socket socket, string dialler, Handshake handshake)
    {
        Stream below = new NetworkStream(socket);
        if (dialler != "no TLS")
        {
            var secure = new SslStream(below);
            await secure.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "",
                EnabledSslProtocols = SslProtocols.Tls13,
                ClientCertificateContext = Shown(dialler),
                RemoteCertificateValidationCallback = static (_, shown, _, _) => shown is not null,
            });
            below = secure;
        }

        await using var stream = new FrameStream(below, socket, Handshake.FrameBytesMax);
        await handshake.DialAsync(stream, N1, Handshake.Version, TestContext.Current.CancellationToken);
    }

    private static async Task AnswerAsync(Socket socket, SslStreamCertificateContext shown)
    {
        await using var secure = new SslStream(new NetworkStream(socket));
        try
        {
            await secure.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = shown,
                EnabledSslProtocols = SslProtocols.Tls13,
                ClientCertificateRequired = true,
                RemoteCertificateValidationCallback = static (_, shown, _, _) => shown is not null,
            });
            await secure.ReadExactlyAsync(new byte[1]);
        }
        catch (Exception ended) when (ended is IOException or AuthenticationException)
        {
            // It did not like what it saw.
        }
    }

    private SslStreamCertificateContext? Shown(string what)
    {
        var options = what switch
        {
            "no certificate" => null,
            "another authority" => _other.Tls(["n2"]),
            "another name" => _authority.Tls(["n3"]),
            "a certificate that ended" => _authority.Tls(["n2"], endsIn: TimeSpan.FromHours(-1)),
            "a certificate for servers" => _authority.Tls(["n2"], use: ForServersOnly),
            _ => _authority.Tls(["n2"]),
        };
        if (options is null) return null;
        var own = OwnCertificate.Read(options.CertificateFile, options.KeyFile);
        return SslStreamCertificateContext.Create(own.Certificate, own.Between, offline: true);
    }
}
