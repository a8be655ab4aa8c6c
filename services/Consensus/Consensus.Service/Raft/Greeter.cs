using System.Net.Sockets;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>How a voter is spoken to.</summary>
/// <param name="Version">The version of the handshake.</param>
/// <param name="InClear">Without TLS, though there is some here.</param>
internal sealed record SpeechWay(uint Version, bool InClear);

/// <summary>Who dialled, and where it says that it is reached; empty of an earlier version.</summary>
internal sealed record Greeted(FrameStream Stream, NodeId From, string Address);

/// <summary>Makes a connection between voters of a socket: TLS where that is set, then the handshake.</summary>
internal sealed class Greeter(Handshake handshake, VoterTls? tls, int frameBytesMax)
{
    /// <summary>How every voter is spoken to first.</summary>
    public SpeechWay Newest { get; } = new(Handshake.Version, InClear: tls is null);

    /// <summary>How to speak to a voter that refused to be spoken to like this; null for no other way.</summary>
    public SpeechWay? Instead(SpeechWay way, FrameException refusal) => refusal.Reason switch
    {
        Handshake.OlderVersion when way.Version > Handshake.OldestVersion => way with { Version = way.Version - 1 },
        VoterTls.Failed when tls is { Required: false } && !way.InClear => way with { InClear = true },
        _ => null,
    };

    /// <summary>The stream owns the socket; where this fails, the caller disposes it.</summary>
    /// <exception cref="FrameException">It is not the voter that was dialled, or refuses.</exception>
    public async Task<FrameStream> DialAsync(Socket socket, NodeId to, SpeechWay way, CancellationToken cancel)
    {
        var stream = tls is null || way.InClear
            ? new FrameStream(socket, Handshake.FrameBytesMax)
            : new FrameStream(
                await tls.DialAsync(socket, to, cancel).ConfigureAwait(false), socket, Handshake.FrameBytesMax);
        try
        {
            await handshake.DialAsync(stream, to, way.Version, cancel).ConfigureAwait(false);
            stream.FrameBytesMax = frameBytesMax;
            return stream;
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The stream owns the socket; where this fails, the caller disposes it.</summary>
    /// <exception cref="FrameException">It is no voter of this group.</exception>
    public async Task<Greeted> AcceptAsync(Socket socket, CancellationToken cancel)
    {
        var below = new BlockingStream(socket);
        var (secured, assurance) = tls is null
            ? (below, new Assurance.InClear())
            : await tls.AcceptAsync(below, cancel);
        var stream = new FrameStream(secured, socket, Handshake.FrameBytesMax);
        try
        {
            var (from, address) = await handshake.AcceptAsync(stream, assurance, cancel);
            stream.FrameBytesMax = frameBytesMax;
            return new Greeted(stream, from, address);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }
}
