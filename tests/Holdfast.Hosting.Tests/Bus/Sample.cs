using System.Threading.Channels;
using Holdfast.Contracts;

namespace Holdfast.Hosting.Tests.Bus;

/// <summary>Events and commands with the fields that a test cares about.</summary>
internal static class Sample
{
    public static PeerUp PeerUp(string node, ulong verdict)
    {
        var (subject, sequence) = ($"peer/east/{node}", EventIdentity.Sequence(7, verdict));
        return new PeerUp
        {
            EventId = EventIdentity.IdOf<PeerUp>(subject, sequence),
            OccurredAt = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc),
            Source = "gossip/n0",
            Subject = subject,
            Sequence = sequence,
            NodeId = node,
            ClusterId = "east",
            Generation = 7,
            Verdict = verdict,
            Reason = "joined",
        };
    }

    public static FailoverForced Forced(ulong order)
    {
        var (subject, sequence) = ("failover/west/east", EventIdentity.Sequence(order, 1));
        return new FailoverForced
        {
            EventId = EventIdentity.IdOf<FailoverForced>(subject, sequence),
            OccurredAt = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc),
            Source = "failover/west",
            Subject = subject,
            Sequence = sequence,
            ByCluster = "west",
            FailedCluster = "east",
            Token = $"{order + 1:x16}",
            OrderToken = $"{order:x16}",
            Operator = "somebody",
            Reason = "drill",
        };
    }

    public static PauseFailover Pause(string cluster) =>
        new() { CommandId = Guid.NewGuid(), ClusterId = cluster, Reason = "maintenance" };

    public static StartSlot Start(string node) => new()
    {
        CommandId = Guid.NewGuid(),
        Group = "orders",
        Slot = 2,
        NodeId = node,
        Epoch = EventIdentity.Sequence(7, 1),
    };
}

/// <summary>What a handler received, awaited with a limit that says what is missing.</summary>
internal sealed class Received<T>
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly Channel<T> _items = Channel.CreateUnbounded<T>();

    public void Add(T item) => _items.Writer.TryWrite(item);

    public async Task<T> NextAsync(string what)
    {
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            return await _items.Reader.ReadAsync(limit.Token);
        }
        catch (OperationCanceledException late)
        {
            throw new TimeoutException($"Within {Limit} nothing came where this was awaited: {what}.", late);
        }
    }
}
