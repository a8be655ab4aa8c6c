using System.Diagnostics;
using MassTransit;

namespace Holdfast.Hosting;

/// <summary>The headers that matter to us, on the way out and on the way in.</summary>
internal static class Headers
{
    /// <summary>W3C trace context.</summary>
    public const string TraceParent = "traceparent";

    /// <summary>W3C trace state.</summary>
    public const string TraceState = "tracestate";

    // MassTransit's own name for the trace parent; its publishers set this one only.
    private const string ActivityId = "MT-Activity-Id";

    /// <summary>Writes the trace, unless there is none.</summary>
    public static void SetTrace(SendContext context, string? traceParent)
    {
        if (traceParent is null) return;
        context.Headers.Set(TraceParent, traceParent);
        if (Activity.Current?.TraceStateString is { } state) context.Headers.Set(TraceState, state);
    }

    /// <summary>The publisher's trace context, where it sent one that is well-formed.</summary>
    public static string? TraceOf(ReceiveContext context)
    {
        var text = Text(context, TraceParent) ?? Text(context, ActivityId);
        return ActivityContext.TryParse(text, null, out _) ? text : null;
    }

    public static string? Text(ReceiveContext context, string name) =>
        context.TransportHeaders.TryGetHeader(name, out var value) ? value as string : null;

    public static long Number(ReceiveContext context, string name) =>
        context.TransportHeaders.TryGetHeader(name, out var value) && value is long or int
            ? Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture)
            : 0;
}
