using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Holdfast.Containers.Compose;

namespace Holdfast.Containers.Rights;

/// <summary>
/// Speaks to a voter's port for the other voters as the Raft of `raft.proto` begins: a Hello, and what is said to it.
/// The port is published nowhere, so the engine must be one whose networks this machine reaches, as on Linux.
/// </summary>
internal static class VoterProbe
{
    private const int RaftPort = 7900;
    private const int NonceBytes = 32;
    private const byte HelloOfFrame = (1 << 3) | 2;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>The answer to a Hello, as text with bytes that are none left in it; what it is stands in it.</summary>
    /// <param name="set">The set.</param>
    /// <param name="to">The voter to speak to.</param>
    /// <param name="from">The voter to claim to be.</param>
    /// <param name="shown">The certificate to show; null for none.</param>
    /// <param name="tls">Whether TLS is spoken.</param>
    public static async Task<string> AskAsync(
        ComposeSet set, string to, string from, X509Certificate2? shown, bool tls = true)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(Patience);
        using var client = new TcpClient();
        await client.ConnectAsync(await AddressAsync(set, to), RaftPort, deadline.Token);
        await using var plain = client.GetStream();
        await using var secure = new SslStream(plain);
        Stream stream = plain;
        if (tls)
        {
            await secure.AuthenticateAsClientAsync(OptionsOf(shown), deadline.Token);
            stream = secure;
        }

        await stream.WriteAsync(Hello(from, to), deadline.Token);
        var length = new byte[sizeof(int)];
        await stream.ReadExactlyAsync(length, deadline.Token);
        var frame = new byte[BinaryPrimitives.ReadInt32LittleEndian(length)];
        await stream.ReadExactlyAsync(frame, deadline.Token);
        return Encoding.Latin1.GetString(frame);
    }

    // Whom it reached is not the question here; what it is told is.
    private static SslClientAuthenticationOptions OptionsOf(X509Certificate2? shown) => new()
    {
        TargetHost = "",
        EnabledSslProtocols = SslProtocols.Tls13,
        ClientCertificateContext = shown is null
            ? null
            : SslStreamCertificateContext.Create(shown, additionalCertificates: null, offline: true),
        RemoteCertificateValidationCallback = static (_, theirs, _, _) => theirs is not null,
    };

    private static async Task<string> AddressAsync(ComposeSet set, string service)
    {
        const string address = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
        var inspected = await Engine.DockerAsync("inspect", "--format", address, await set.ContainerAsync(service));
        return inspected.Output.Trim();
    }

    private static byte[] Hello(string from, string to)
    {
        byte[] hello =
        [
            1 << 3, 1,
            .. Field(2, "holdfast"u8), .. Field(3, Encoding.ASCII.GetBytes(from)),
            .. Field(4, Encoding.ASCII.GetBytes(to)), .. Field(5, new byte[NonceBytes]),
        ];
        byte[] frame = [HelloOfFrame, checked((byte)hello.Length), .. hello];
        var length = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, frame.Length);
        return [.. length, .. frame];
    }

    private static byte[] Field(byte number, ReadOnlySpan<byte> value) =>
        [(byte)((number << 3) | 2), checked((byte)value.Length), .. value];
}
