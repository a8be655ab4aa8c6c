using System.Threading.Channels;
using Holdfast.Failover.Protocol;

namespace Holdfast.Failover.Service.Loop;

/// <summary>
/// The way into the loop. Bounded; whoever brings an answer waits for room, a hint is dropped when there is none, for
/// the loop is about to look anyway.
/// </summary>
internal sealed class FailoverMailbox
{
    private const int InputsMax = 1_024;

    private readonly Channel<FailoverInput> _inputs = Channel.CreateBounded<FailoverInput>(
        new BoundedChannelOptions(InputsMax) { SingleReader = true });

    public ChannelReader<FailoverInput> Reader => _inputs.Reader;

    /// <summary>Whether nothing waits just now.</summary>
    public bool IsEmpty => !_inputs.Reader.TryPeek(out _);

    public ValueTask PostAsync(FailoverInput input, CancellationToken cancel) =>
        _inputs.Writer.WriteAsync(input, cancel);

    public void Hint() => _inputs.Writer.TryWrite(new FailoverInput.Hint());

    /// <summary>A bug in the work behind an answer ends the loop, and with it the process.</summary>
    public void Fail(Exception bug) => _inputs.Writer.TryComplete(bug);
}
