namespace Holdfast.Consensus.Protocol.Requests;

/// <summary>What is known of a request before it is carried out.</summary>
public abstract record RequestVerdict
{
    private RequestVerdict()
    {
    }

    /// <summary>It was never carried out. Do it, and remember its answer.</summary>
    public sealed record New : RequestVerdict
    {
        public static readonly New Instance = new();
    }

    /// <summary>It was carried out, and this was the answer. Do nothing.</summary>
    public sealed record Answered(ReadOnlyMemory<byte> Answer) : RequestVerdict;

    /// <summary>
    /// It is older than what is remembered of this client, so nobody knows whether it was carried out. Do nothing.
    /// </summary>
    /// <param name="Floor">The lowest number that can still be told.</param>
    public sealed record Forgotten(ulong Floor) : RequestVerdict;

    /// <summary>Another request had this number, which is a mistake of the client. Do nothing.</summary>
    public sealed record Reused : RequestVerdict
    {
        public static readonly Reused Instance = new();
    }

    /// <summary>The client is not known, or is forgotten with all that it asked. Do nothing.</summary>
    public sealed record UnknownClient : RequestVerdict
    {
        public static readonly UnknownClient Instance = new();
    }
}
