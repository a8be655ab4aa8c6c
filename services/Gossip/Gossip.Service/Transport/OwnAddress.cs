using System.Net;
using System.Net.Sockets;
using Holdfast.Gossip.Protocol;

namespace Holdfast.Gossip.Service;

/// <summary>The address under which peers know this agent.</summary>
internal static class OwnAddress
{
    /// <exception cref="IOException">A wildcard is listened on and this machine's name has no address.</exception>
    public static async Task<PeerAddress> OfAsync(
        GossipServiceOptions options, IPEndPoint bound, CancellationToken cancel)
    {
        if (options.Advertise is { } advertise)
        {
            var hasPort = IPEndPoint.TryParse(advertise, out var endPoint)
                ? endPoint.Port != 0
                : advertise.Contains(':', StringComparison.Ordinal);
            return new PeerAddress(hasPort ? advertise : $"{advertise}:{bound.Port}");
        }

        if (!bound.Address.Equals(IPAddress.Any) && !bound.Address.Equals(IPAddress.IPv6Any))
            return AddressBook.Told(bound);
        var own = await FirstOfThisMachineAsync(bound, cancel);
        return AddressBook.Told(new IPEndPoint(own, bound.Port));
    }

    private static async Task<IPAddress> FirstOfThisMachineAsync(IPEndPoint bound, CancellationToken cancel)
    {
        var name = Dns.GetHostName();
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(name, cancel);
            var usable = addresses.Where(address =>
                !address.IsIPv6LinkLocal &&
                (address.AddressFamily == AddressFamily.InterNetwork || bound.AddressFamily == address.AddressFamily));
            if (usable.OrderBy(IPAddress.IsLoopback).FirstOrDefault() is { } found) return found;
        }
        catch (SocketException exception)
        {
            throw Unknown(bound, name, exception);
        }

        throw Unknown(bound, name, null);
    }

    private static IOException Unknown(IPEndPoint bound, string name, Exception? inner) => new(
        $"Gossip:Listen is '{bound}', a wildcard, and this machine's name '{name}' has no address; " +
        "set Gossip:Advertise.",
        inner);
}
