using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>
/// Both sides prove that they know the secret, over the names and both nonces, each with a label of its own, so that a
/// proof is good for one connection, one pair and one direction. Without a secret (loopback only) the proofs prove
/// nothing, and names and group are still checked.
/// </summary>
/// <param name="options">Who this voter is, and the secret.</param>
/// <param name="newest">The version spoken here; older only in tests, which play the voter of yesterday.</param>
internal sealed class Handshake(RaftHostOptions options, uint newest = Handshake.Version)
{
    /// <summary>
    /// 2: leadership is handed on, followers ask how far to read, answers to heartbeats promise. 3: commands of the
    /// second format are read (<see cref="ReadsRequests"/>). 4: those of the third (<see cref="ReadsLosses"/>). A voter
    /// of version N takes what one of any older version says, and says nothing to it that it does not know.
    /// </summary>
    public const uint Version = 4;

    /// <summary>From this version on, programs read commands that mark requests.</summary>
    public const uint ReadsRequests = 3;

    /// <summary>From this version on, programs read commands that tell a loss of the directory's memory.</summary>
    public const uint ReadsLosses = 4;

    public const uint OldestVersion = 1;

    /// <summary>No frame of a handshake is longer: four names and an address.</summary>
    public const int FrameBytesMax = 16 * 1024;

    /// <summary>The reason of the exception when the other voter speaks an older version.</summary>
    public const string OlderVersion = "version";

    // Of a sentence that holds two names at most.
    private const int RefusalCharactersMax = 4 * ForeignText.CharactersMax;
    private const string VersionRefusal = "version ";
    private const int NonceBytes = 32;

    /// <exception cref="FrameException">
    /// The other side is not the voter that was dialled, or speaks only an older version.
    /// </exception>
    public async Task DialAsync(FrameStream stream, NodeId to, uint version, CancellationToken cancellationToken)
    {
        var hello = new Wire.Hello
        {
            Version = version,
            Group = options.Group,
            From = options.Node.Value,
            To = to.Value,
            Address = options.Address,
            Nonce = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(NonceBytes)),
        };
        await SendAsync(stream, new Wire.Frame { Hello = hello }, cancellationToken);
        var challenge = Demand(await stream.ReadAsync(cancellationToken), static frame => frame.Challenge);
        if (!Proves(challenge.Proof, hello, challenge.Nonce, Side.Acceptor))
            throw new FrameException("secret", $"The voter at the address of {to} does not know the secret.");
        var proof = ByteString.CopyFrom(ProofOf(hello, challenge.Nonce, Side.Dialler));
        await SendAsync(stream, new Wire.Frame { Proof = new Wire.Proof { Proof_ = proof } }, cancellationToken);
        Demand(await stream.ReadAsync(cancellationToken), static frame => frame.Welcome);
    }

    /// <summary>
    /// Who knows the secret is of this group, also where the own configuration does not name it: that may be an old
    /// one, and only who it does not know could bring the new.
    /// </summary>
    /// <param name="stream">The connection.</param>
    /// <param name="assurance">What the connection itself tells of who dialled.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The member that dialled, and where it says that it is reached; empty of an earlier version.</returns>
    /// <exception cref="FrameException">
    /// It is none of this group, does not know the secret, or is not whom its certificate names.
    /// </exception>
    public async Task<(NodeId From, string Address)> AcceptAsync(
        FrameStream stream, Assurance assurance, CancellationToken cancellationToken)
    {
        var hello = Demand(await stream.ReadAsync(cancellationToken), static frame => frame.Hello);

        // First what it shows: who has no good certificate is not told what this group is called.
        if (assurance.Against(hello.From) is { } refusal)
            await RefuseAsync(stream, refusal.Reason, refusal.Message, cancellationToken);
        if (ReasonAgainst(hello) is var (reason, detail))
            await RefuseAsync(stream, reason, detail, cancellationToken);
        var nonce = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(NonceBytes));
        var challenge = new Wire.Challenge
        {
            Nonce = nonce,
            Proof = ByteString.CopyFrom(ProofOf(hello, nonce, Side.Acceptor)),
        };
        await SendAsync(stream, new Wire.Frame { Challenge = challenge }, cancellationToken);
        var answer = Demand(await stream.ReadAsync(cancellationToken), static frame => frame.Proof);
        if (!Proves(answer.Proof_, hello, nonce, Side.Dialler))
            await RefuseAsync(stream, "secret", "the proof of the secret is wrong", cancellationToken);
        await SendAsync(stream, new Wire.Frame { Welcome = new Wire.Welcome() }, cancellationToken);
        return (new NodeId(hello.From), hello.Address);
    }

    private enum Side
    {
        Dialler,
        Acceptor,
    }

    /// <summary>The stable name of what is wrong, and what is legal; null when nothing is.</summary>
    private (string Reason, string Detail)? ReasonAgainst(Wire.Hello hello)
    {
        if (hello.Version < OldestVersion || hello.Version > newest)
            return (OlderVersion, $"{VersionRefusal}{hello.Version} is not spoken here, {newest} is");
        if (hello.Group != options.Group)
            return ("group", $"this is group '{options.Group}', not '{ForeignText.Of(hello.Group)}'");
        if (hello.To != options.Node.Value)
            return ("voter", $"this is voter '{options.Node}', not '{ForeignText.Of(hello.To)}'");
        if (hello.Nonce.Length != NonceBytes) return ("nonce", $"a nonce has {NonceBytes} bytes");
        return NodeId.IsLegal(hello.From) && hello.From != options.Node.Value
            ? null
            : ("member", $"'{ForeignText.Of(hello.From)}' cannot be another member of this group");
    }

    private static async Task RefuseAsync(
        FrameStream stream, string reason, string detail, CancellationToken cancellationToken)
    {
        var refusal = new Wire.Frame { Refusal = new Wire.Refusal { Reason = detail } };
        await SendAsync(stream, refusal, cancellationToken);
        throw new FrameException(reason, detail);
    }

    private static async Task SendAsync(FrameStream stream, Wire.Frame frame, CancellationToken cancellationToken)
    {
        stream.Write(frame);
        await stream.FlushAsync(cancellationToken);
    }

    private static T Demand<T>(Wire.Frame? frame, Func<Wire.Frame, T?> part)
        where T : class
    {
        if (frame is null) throw new FrameException("closed", "The connection was closed during the handshake.");
        if (frame.Refusal is { } refusal)
        {
            var isOlder = refusal.Reason.StartsWith(VersionRefusal, StringComparison.Ordinal);
            var said = ForeignText.Of(refusal.Reason, RefusalCharactersMax);
            throw new FrameException(isOlder ? OlderVersion : "refused", $"Refused: {said}.");
        }

        return part(frame) ?? throw new FrameException("handshake", $"{frame.ContentCase} is not expected now.");
    }

    private bool Proves(ByteString proof, Wire.Hello hello, ByteString nonce, Side side) =>
        CryptographicOperations.FixedTimeEquals(proof.Span, ProofOf(hello, nonce, side));

    private byte[] ProofOf(Wire.Hello hello, ByteString acceptorNonce, Side side)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, options.Secret.Span);
        Append(mac, "holdfast raft v1"u8);
        Append(mac, side == Side.Dialler ? "dialler"u8 : "acceptor"u8);
        Append(mac, Encoding.UTF8.GetBytes(hello.Group));
        Append(mac, Encoding.UTF8.GetBytes(hello.From));
        Append(mac, Encoding.UTF8.GetBytes(hello.To));
        Append(mac, hello.Nonce.Span);
        Append(mac, acceptorNonce.Span);
        return mac.GetHashAndReset();
    }

    /// <summary>With its length before it, so that no two lists of parts are the same bytes.</summary>
    private static void Append(IncrementalHash mac, ReadOnlySpan<byte> part)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, part.Length);
        mac.AppendData(length);
        mac.AppendData(part);
    }
}
