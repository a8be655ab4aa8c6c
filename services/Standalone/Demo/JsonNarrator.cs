using System.Diagnostics;
using System.Text.Json;
using Holdfast.Contracts;

namespace Holdfast.Standalone.Demo;

/// <summary>One JSON object a line; <c>atMs</c> counts from the start. The last line is the result.</summary>
internal sealed class JsonNarrator(TextWriter output) : INarrator
{
    private readonly long _startedAt = Stopwatch.GetTimestamp();
    private readonly Lock _gate = new();

    public void Chapter(string title, string text) => Write(new { AtMs, Chapter = title });

    public void Step(string text) => Write(new { AtMs, Step = text });

    public void Heard(IEvent message, string? traceParent) =>
        Write(new { AtMs, Event = message.GetType().Name, TraceParent = traceParent, Data = (object)message });

    public void Proven(Proof proof, string detail) =>
        Write(new { AtMs, Proof = proof.Name, Held = true, Detail = detail });

    public void Owners(IReadOnlyList<OwnerShare> shares) => Write(new { AtMs, Owners = shares });

    public void Succeeded(DemoResult result) => Write(new
    {
        Demo = "ok",
        result.DetectMs,
        result.FenceMs,
        result.PromoteMs,
        result.ClaimMs,
        result.Grains,
        result.TraceIds,
        result.StaleWriteRefused,
        result.SlotsRecovered,
        result.HandoffFailedRequests,
        result.HandoffPauseMs,
    });

    public void Failed(Proof proof, string detail) =>
        Write(new { Demo = "failed", Proof = proof.Name, Claim = proof.Claim, Detail = detail });

    private long AtMs => (long)Stopwatch.GetElapsedTime(_startedAt).TotalMilliseconds;

    private void Write(object line)
    {
        var json = JsonSerializer.Serialize(line, ContractJson.Options);
        lock (_gate)
        {
            output.WriteLine(json);
            output.Flush();
        }
    }
}
