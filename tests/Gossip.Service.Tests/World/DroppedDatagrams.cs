using System.Diagnostics.Metrics;

namespace Holdfast.Gossip.Service.Tests;

/// <summary>The reasons for which datagrams were dropped in this process, as the metric counts them.</summary>
internal sealed class DroppedDatagrams : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Mail<string> _reasons = new();

    public DroppedDatagrams()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "holdfast.gossip.datagrams.dropped") listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            foreach (var (key, value) in tags)
            {
                if (key == "reason") _reasons.Post((string)value!);
            }
        });
        _listener.Start();
    }

    public async Task UntilAsync(string reason, int times = 1) => await _reasons.FirstAsync(
        _ => _reasons.All.Count(seen => seen == reason) >= times, $"a datagram dropped as {reason}");

    public void Dispose() => _listener.Dispose();
}
