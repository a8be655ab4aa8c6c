using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Holdfast.Handoff.Wire;

namespace Holdfast.Client.Handoff;

/// <summary>
/// The Unix socket at which the incumbent of a daemon is found. It is bound under a temporary name and renamed over the
/// old one, so that at every moment somebody is found there, and never a half-made socket.
/// </summary>
internal sealed partial class ControlPath : IDisposable
{
    private const int Backlog = 8;
    private const int SocketLevel = 1;
    private const int PeerCredentials = 17;
    private readonly Socket _listener;
    private readonly string _path;
    private readonly FileIdentity _identity;

    private ControlPath(Socket listener, string path, FileIdentity identity) =>
        (_listener, _path, _identity) = (listener, path, identity);

    /// <exception cref="SocketException">The path cannot be bound.</exception>
    /// <exception cref="IOException">It cannot be put in its place.</exception>
    public static ControlPath Bind(string path)
    {
        var temporary = $"{path}.{Environment.ProcessId}";
        File.Delete(temporary);
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            listener.Bind(new UnixDomainSocketEndPoint(temporary));
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(temporary, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            listener.Listen(Backlog);
            var identity = FileIdentity.Of(temporary)
                ?? throw new IOException($"'{temporary}' went away while it was bound.");
            File.Move(temporary, path, overwrite: true);
            return new ControlPath(listener, path, identity);
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    /// <summary>Whether whoever connects to the path comes to this socket.</summary>
    public bool IsOurs() => FileIdentity.Of(_path) == _identity;

    /// <summary>The next connection of a process of the same user, or of root.</summary>
    public async Task<Socket> AcceptAsync(CancellationToken cancel)
    {
        while (true)
        {
            var socket = await _listener.AcceptAsync(cancel);
            if (IsTrusted(socket)) return socket;
            socket.Dispose();
        }
    }

    /// <summary>Stops listening; removes the path where it is still this socket's.</summary>
    public void Dispose()
    {
        // Only where no successor is about to rename its own socket over it: it would come between look and removal.
        if (IsOurs()) File.Delete(_path);
        _listener.Dispose();
    }

    /// <summary>Stops listening and leaves the path as it is, for whoever renames over it.</summary>
    public void Leave() => _listener.Dispose();

    /// <summary>Who answers Hello at a path; null where nobody does in time.</summary>
    public static async Task<HandoffMessage.Hello?> GreetedAtAsync(string path, TimeSpan timeout)
    {
        using var deadline = new CancellationTokenSource(timeout);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), deadline.Token);
            await using var stream = new HandoffStream(new NetworkStream(socket, ownsSocket: false));
            var read = await stream.ReadAsync(deadline.Token);
            return (read as HandoffRead.Frame)?.Value.Message as HandoffMessage.Hello;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return null;
        }
    }

    private static bool IsTrusted(Socket socket)
    {
        // struct ucred: pid, uid, gid, each of 4 bytes.
        Span<byte> credentials = stackalloc byte[12];
        socket.GetRawSocketOption(SocketLevel, PeerCredentials, credentials);
        var user = BinaryPrimitives.ReadUInt32LittleEndian(credentials[4..]);
        return user == 0 || user == EffectiveUser();
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint EffectiveUser();
}
