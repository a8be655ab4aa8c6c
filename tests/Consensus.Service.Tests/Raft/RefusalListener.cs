using System.Diagnostics.Metrics;
using System.Threading.Channels;

namespace Holdfast.Consensus.Service.Tests.Raft;

/// <summary>Hears which connections are counted as refused, after it was made.</summary>
internal sealed class RefusalListener : IDisposable
{
    private readonly Channel<string> _reasons = Channel.CreateUnbounded<string>();
    private readonly MeterListener _listener = new();

    public RefusalListener()
    {
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Name == "holdfast.consensus.raft.frames.refused")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            foreach (var tag in tags)
                if (tag.Key == "reason") _reasons.Writer.TryWrite((string)tag.Value!);
        });
        _listener.Start();
    }

    /// <summary>Waits until one was refused for this reason; what came before it is forgotten.</summary>
    public Task HearsAsync(string reason) =>
        ReadAsync(reason).OrFailAsync($"a connection is counted as refused: {reason}");

    public void Dispose() => _listener.Dispose();

    private async Task ReadAsync(string reason)
    {
        await foreach (var heard in _reasons.Reader.ReadAllAsync(TestContext.Current.CancellationToken))
            if (heard == reason) return;
    }
}
