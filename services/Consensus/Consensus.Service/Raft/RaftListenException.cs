using System.Net;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>The address for the other voters cannot be listened on.</summary>
public sealed class RaftListenException(IPEndPoint address, Exception cause)
    : Exception($"Cannot listen for other voters on {address}: {cause.Message}", cause)
{
    public IPEndPoint Address { get; } = address;
}
