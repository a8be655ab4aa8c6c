using System.Diagnostics;

namespace Holdfast.Directory;

/// <summary>The trace that causes a change.</summary>
internal static class TraceParent
{
    /// <summary>The current activity as a W3C <c>traceparent</c>; empty without one.</summary>
    public static string Current => Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } id } ? id : "";
}
