using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Holdfast.Handoff.Service.Processes;

/// <summary>A configured listener.</summary>
/// <param name="Name">Its name in <c>LISTEN_FDNAMES</c>.</param>
/// <param name="EndPoint">Where it listens.</param>
internal sealed record ListenerName(string Name, IPEndPoint EndPoint)
{
    /// <summary>Reads <c>name=address:port</c>; null for anything else.</summary>
    public static ListenerName? Parse(string text)
    {
        var at = text.IndexOf('=', StringComparison.Ordinal);
        if (at <= 0 || !text[..at].All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')) return null;
        return IPEndPoint.TryParse(text[(at + 1)..], out var endPoint) && endPoint.Port > 0
            ? new ListenerName(text[..at], endPoint)
            : null;
    }

    public override string ToString() => $"{Name}={EndPoint}";
}

/// <summary>
/// The listening sockets of a daemon. The supervisor holds them for as long as it lives and never accepts on them, so
/// that connections wait in the kernel's queue while one process gives way to the next. After a restart of the
/// supervisor they are taken out of the process that still serves.
/// </summary>
internal sealed class ListenerSet : IDisposable
{
    private const int Backlog = 4_096;

    private readonly List<Socket> _sockets = [];

    private ListenerSet(IReadOnlyList<ListenerName> names) => Names = names;

    public IReadOnlyList<ListenerName> Names { get; }

    /// <summary>The descriptors, in configured order.</summary>
    public IReadOnlyList<int> Descriptors => [.. _sockets.Select(socket => (int)socket.Handle)];

    /// <summary>Opens all.</summary>
    /// <exception cref="IOException">An address is taken or not this machine's.</exception>
    public static ListenerSet Open(IReadOnlyList<ListenerName> names)
    {
        var set = new ListenerSet(names);
        try
        {
            foreach (var name in names) set._sockets.Add(Listen(name));
            return set;
        }
        catch
        {
            set.Dispose();
            throw;
        }
    }

    /// <summary>Copies of those that a process has; null where it lacks one, or may not be looked into.</summary>
    public static ListenerSet? TakeFrom(RunningProcess process, IReadOnlyList<ListenerName> names)
    {
        var found = new Dictionary<ListenerName, Socket>();
        process.TryCopyDescriptors(descriptor =>
        {
            if (Match(descriptor, names) is not var (name, socket)) NativeCalls.Close(descriptor);
            else if (!found.TryAdd(name, socket)) socket.Dispose();
            return found.Count < names.Count;
        });
        var set = new ListenerSet(names);
        set._sockets.AddRange(names.Where(found.ContainsKey).Select(name => found[name]));
        if (set._sockets.Count == names.Count) return set;
        set.Dispose();
        return null;
    }

    public void Dispose()
    {
        foreach (var socket in _sockets) socket.Dispose();
        _sockets.Clear();
    }

    private static Socket Listen(ListenerName name)
    {
        var socket = new Socket(name.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (name.EndPoint.Address.Equals(IPAddress.IPv6Any)) socket.DualMode = true;
            socket.Bind(name.EndPoint);
            socket.Listen(Backlog);
            return socket;
        }
        catch (SocketException failure)
        {
            socket.Dispose();
            throw new IOException(
                $"The listener {name} cannot be opened: {failure.Message}.",
                new AddressInUseException(failure.Message, failure));
        }
    }

    private static (ListenerName Name, Socket Socket)? Match(int descriptor, IReadOnlyList<ListenerName> names)
    {
        // Asked of the kernel: no other kind of socket, such as a client's connection, is touched at all.
        var size = sizeof(int);
        var answered = NativeCalls.GetSocketOption(
            descriptor, NativeCalls.SocketLevel, NativeCalls.AcceptsConnections, out var listens, ref size);
        if (answered != 0 || listens == 0) return null;
        var socket = new Socket(new SafeSocketHandle(descriptor, ownsHandle: false));
        var name = names.FirstOrDefault(name => name.EndPoint.Equals(socket.LocalEndPoint));
        return name is null ? null : (name, new Socket(new SafeSocketHandle(descriptor, ownsHandle: true)));
    }
}
