using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Holdfast.Gossip.Protocol;
using Holdfast.Primitives;

namespace Holdfast.Gossip.Service;

/// <summary>
/// From addresses as peers tell them to endpoints. A name is resolved beside the loop, and again as time goes by: the
/// first datagrams to a name are lost, and a name that moved is followed.
/// </summary>
internal sealed class AddressBook(IMonotonicClock clock, AddressFamily family, ILogger logger)
{
    private const int NamesMax = 4_096;
    private static readonly TimeSpan NameLifetime = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, Entry> _names = new(StringComparer.Ordinal);

    public IPEndPoint? Find(PeerAddress address)
    {
        if (IPEndPoint.TryParse(address.Value, out var endPoint)) return Reachable(endPoint);
        if (!_names.TryGetValue(address.Value, out var entry))
        {
            if (_names.Count >= NamesMax) return null;
            entry = _names.GetOrAdd(address.Value, _ => new Entry());
        }

        if (entry.TryBegin(clock.Now())) _ = ResolveAsync(address.Value, entry);
        return entry.EndPoint;
    }

    /// <summary>
    /// How an endpoint is told to others: without the wrapping that a socket of both families gives it.
    /// </summary>
    public static PeerAddress Told(IPEndPoint endPoint) => new(
        endPoint.Address.IsIPv4MappedToIPv6
            ? new IPEndPoint(endPoint.Address.MapToIPv4(), endPoint.Port).ToString()
            : endPoint.ToString());

    private IPEndPoint? Reachable(IPEndPoint endPoint)
    {
        if (endPoint.Port == 0) return null;
        if (endPoint.AddressFamily == family) return endPoint;
        return family == AddressFamily.InterNetworkV6
            ? new IPEndPoint(endPoint.Address.MapToIPv6(), endPoint.Port)
            : null;
    }

    private async Task ResolveAsync(string text, Entry entry)
    {
        var colon = text.LastIndexOf(':');
        try
        {
            if (colon <= 0 || !ushort.TryParse(text.AsSpan(colon + 1), out var port)) return;
            var addresses = await Dns.GetHostAddressesAsync(text[..colon]);
            entry.EndPoint = addresses.Select(address => Reachable(new IPEndPoint(address, port)))
                .FirstOrDefault(found => found is not null);
        }
        catch (SocketException exception)
        {
            // The last address stays: a name server that is away is no reason to lose a peer.
            Log.NameUnresolved(logger, text, exception.Message);
        }
        catch (ArgumentException exception)
        {
            Log.NameUnresolved(logger, text, exception.Message);
        }
        finally
        {
            entry.End();
        }
    }

    private sealed class Entry
    {
        private int _isResolving;
        private long _dueTicks = long.MinValue;
        private IPEndPoint? _endPoint;

        public IPEndPoint? EndPoint
        {
            get => Volatile.Read(ref _endPoint);
            set => Volatile.Write(ref _endPoint, value);
        }

        public bool TryBegin(Instant now)
        {
            if (now.Ticks < Volatile.Read(ref _dueTicks)) return false;
            if (Interlocked.Exchange(ref _isResolving, 1) == 1) return false;
            Volatile.Write(ref _dueTicks, (now + NameLifetime).Ticks);
            return true;
        }

        public void End() => Volatile.Write(ref _isResolving, 0);
    }
}
