using System.Threading.Channels;
using Holdfast.Contracts;

namespace Holdfast.Directory.Tests.Outbox;

/// <summary>A bus that remembers what it confirmed and refuses as often as it is told to.</summary>
internal sealed class RecordingBus
{
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(20);

    private readonly Channel<(IEvent Event, string? TraceParent)> _confirmed =
        Channel.CreateUnbounded<(IEvent, string?)>();

    private int _underWay;

    /// <summary>How many attempts fail from now on.</summary>
    public int Refuses { get; set; }

    /// <summary>All attempts, refused ones too.</summary>
    public List<string> Attempts { get; } = [];

    /// <summary>Blocks every attempt until it is completed.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public async Task PublishAsync(IEvent message, string? traceParent, CancellationToken cancel)
    {
        Interlocked.Increment(ref _underWay).ShouldBe(1, "one event of a shard at a time");
        try
        {
            await Gate.WaitAsync(cancel);
            Attempts.Add(message.Sequence);
            if (Refuses > 0)
            {
                Refuses--;
                throw new IOException("The bus is away.");
            }

            _confirmed.Writer.TryWrite((message, traceParent));
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }

    /// <summary>The next confirmed event; fails saying which is missing.</summary>
    public async Task<(IEvent Event, string? TraceParent)> NextAsync(string expected)
    {
        try
        {
            return await _confirmed.Reader.ReadAsync().AsTask().WaitAsync(WaitMax);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"The bus has not seen {expected} within {WaitMax.TotalSeconds} s.", late);
        }
    }
}
