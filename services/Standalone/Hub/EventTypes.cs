using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Client;
using Holdfast.Contracts;

namespace Holdfast.Standalone.Hub;

/// <summary>The events of the contracts by name, and their JSON.</summary>
internal static class EventTypes
{
    public static readonly IReadOnlyDictionary<string, Type> ByName = typeof(IEvent).Assembly.GetTypes()
        .Where(type => type is { IsClass: true, IsAbstract: false } && typeof(IEvent).IsAssignableFrom(type))
        .ToDictionary(type => type.Name, StringComparer.Ordinal);

    /// <summary>The event as it is on the bus, with its trace beside.</summary>
    public static string Write(IEvent message, string? traceParent)
    {
        var json = JsonSerializer.SerializeToNode(message, message.GetType(), ContractJson.Options)!.AsObject();
        if (traceParent is not null) json[EventStream.TraceParentMember] = JsonValue.Create(traceParent);
        return json.ToJsonString(ContractJson.Options);
    }
}
