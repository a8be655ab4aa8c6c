using System.Diagnostics.Metrics;
using System.Globalization;

namespace Holdfast.Processes;

/// <summary>One measurement of an instrument, with its tags as <c>name=value,...</c>.</summary>
public sealed record Figure(string Name, double Value, string Tags);

/// <summary>Somebody who listens to a meter of this process, whoever moves it.</summary>
public sealed class FigureLog : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly MeterListener _listener = new();
    private readonly Sightings<Figure> _figures = new();
    private readonly Sightings<Instrument> _instruments = new();

    public FigureLog(string meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name != meter) return;
            _instruments.Add(instrument);
            listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<int>((from, value, tags, _) => Hear(from, value, tags));
        _listener.SetMeasurementEventCallback<long>((from, value, tags, _) => Hear(from, value, tags));
        _listener.SetMeasurementEventCallback<double>((from, value, tags, _) => Hear(from, value, tags));
        _listener.Start();
    }

    public IReadOnlyList<Instrument> Instruments => _instruments.All;

    public IReadOnlyList<Figure> All => _figures.All;

    /// <summary>What one instrument said, in its order.</summary>
    public IReadOnlyList<Figure> Of(string name, string tags = "") =>
        [.. All.Where(figure => figure.Name == name && figure.Tags == tags)];

    /// <summary>Waits until an instrument has said so many fitting figures.</summary>
    public Task UntilAsync(string name, string tags = "", Func<double, bool>? wanted = null, int count = 1) =>
        _figures.ExpectAsync(
            $"{name} of '{tags}'",
            figures => figures.Count(figure => figure.Name == name && figure.Tags == tags &&
                (wanted?.Invoke(figure.Value) ?? true)) >= count,
            Patience);

    public void Dispose() => _listener.Dispose();

    private void Hear(Instrument from, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var said = new List<string>();
        foreach (var (name, of) in tags) said.Add(string.Create(CultureInfo.InvariantCulture, $"{name}={of}"));
        _figures.Add(new Figure(from.Name, value, string.Join(',', said)));
    }
}
