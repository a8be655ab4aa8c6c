using System.Collections.Concurrent;
using Holdfast.Client;
using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Standalone.Resource;

/// <summary>
/// Something that owners write to and that outlives them: here a table in a process of its own. The gate in front of
/// it is all it knows of Holdfast; it asks nobody who is alive and who is not.
/// </summary>
internal sealed class ResourceApp(bool gated)
{
    private readonly EpochGate _gate = new();
    private readonly ConcurrentDictionary<string, ResourceEntry> _entries = new(StringComparer.Ordinal);

    public void Map(WebApplication app)
    {
        app.MapPost("/v1/writes", (WriteRequest request) => Write(request));
        app.MapGet("/v1/writers", () => _entries.Values
            .GroupBy(entry => entry.Writer, StringComparer.Ordinal)
            .ToDictionary(writer => writer.Key, writer => writer.Count(), StringComparer.Ordinal));
        app.MapGet("/v1/keys/{**key}", (string key) => _entries.TryGetValue(key, out var entry)
            ? Results.Ok(entry)
            : Problem.NotFound($"Nothing was written to {key}."));
    }

    private IResult Write(WriteRequest request)
    {
        foreach (var write in request.Writes)
        {
            if (!Epoch.TryParse(write.Epoch, out _)) return Problem.Invalid($"'{write.Epoch}' is not an epoch.");
        }

        var refused = new List<RefusedWrite>();
        foreach (var write in request.Writes)
        {
            var answer = Write(request.Writer, write);
            if (!answer.Passed) refused.Add(new RefusedWrite(write.Key, write.Epoch, answer.Highest.ToString()));
        }

        return Results.Ok(new WriteAnswer(request.Writes.Count - refused.Count, refused));
    }

    private GateAnswer Write(string writer, ResourceWrite write)
    {
        var entry = new ResourceEntry(write.Key, write.Value, writer, write.Epoch);
        var epoch = Epoch.Parse(write.Epoch);
        if (gated) return _gate.Guard(write.Key, epoch, () => _entries[write.Key] = entry, out _);
        _entries[write.Key] = entry;
        return new GateAnswer(Passed: true, epoch);
    }
}
