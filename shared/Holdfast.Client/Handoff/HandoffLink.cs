using System.Threading.Channels;
using Holdfast.Handoff.Wire;

namespace Holdfast.Client.Handoff;

/// <summary>
/// A connection whose reading and writing go on by themselves: what comes is given to a callback, what is to be sent
/// waits in a bounded queue, so that a side that does not read holds up nobody.
/// </summary>
internal sealed class HandoffLink : IAsyncDisposable
{
    private const int OutgoingMax = 256;
    private static readonly TimeSpan FlushTime = TimeSpan.FromSeconds(1);

    private readonly HandoffStream _stream;
    private readonly Action<HandoffRead> _heard;
    private readonly CancellationTokenSource _closing = new();
    private readonly Channel<HandoffMessage> _outgoing = Channel.CreateBounded<HandoffMessage>(
        new BoundedChannelOptions(OutgoingMax) { SingleReader = true });

    private readonly Task _reading;
    private readonly Task _writing;

    public HandoffLink(HandoffStream stream, Action<HandoffRead> heard)
    {
        (_stream, _heard) = (stream, heard);
        _writing = Task.Run(WriteAsync);
        _reading = Task.Run(ReadAsync);
    }

    public void Send(HandoffMessage message)
    {
        // A queue that is full belongs to somebody who does not listen any more.
        if (!_outgoing.Writer.TryWrite(message)) _heard(new HandoffRead.Ended());
    }

    /// <summary>Sends what waits, for a moment, and closes.</summary>
    public async ValueTask DisposeAsync()
    {
        _outgoing.Writer.TryComplete();
        _closing.CancelAfter(FlushTime);
        await _writing;
        await _closing.CancelAsync();
        await _stream.DisposeAsync();
        await _reading;
        _closing.Dispose();
    }

    private async Task WriteAsync()
    {
        try
        {
            await foreach (var message in _outgoing.Reader.ReadAllAsync(_closing.Token))
                await _stream.WriteAsync(message, _closing.Token);
        }
        catch (IOException)
        {
            _heard(new HandoffRead.Ended());
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            return;
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            while (true)
            {
                var read = await _stream.ReadAsync(_closing.Token);
                _heard(read);
                if (read is not HandoffRead.Frame) return;
            }
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            return;
        }
    }
}
