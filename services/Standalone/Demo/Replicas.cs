using Holdfast.Contracts;
using Holdfast.Directory;
using Holdfast.Hosting;
using Holdfast.Primitives;
using Holdfast.Standalone.Local;
using Holdfast.Standalone.Nodes;
using Holdfast.Standalone.Ports;

namespace Holdfast.Standalone.Demo;

/// <summary>Where the slots of the demo's group are, when directory and hosts agree.</summary>
/// <param name="Slots">Each slot of the directory that its host says it runs, under the same epoch.</param>
/// <param name="State">How it stands, in words.</param>
internal sealed record ReplicaView(IReadOnlyDictionary<int, SlotRecord> Slots, string State)
{
    /// <summary>Whether every slot runs on one of these nodes.</summary>
    public bool AllOn(IEnumerable<NodePlace> nodes)
    {
        var allowed = nodes.Select(node => node.Node).ToHashSet();
        return Slots.Count == Replicas.Slots && Slots.Values.All(slot => slot.Node is { } on && allowed.Contains(on));
    }

    /// <summary>Which nodes run how many.</summary>
    public string Spread() => string.Join(", ", Slots.Values
        .GroupBy(slot => slot.Node!.Value.Value, StringComparer.Ordinal)
        .OrderBy(node => node.Key, StringComparer.Ordinal)
        .Select(node => $"{node.Count()} on {node.Key}"));
}

/// <summary>
/// A group of replicas: defined by a command as any program would send it, then seen twice, as the directory says and
/// as the processes say that run them.
/// </summary>
internal sealed class Replicas(LocalSystem system) : IDisposable
{
    public const int Slots = 4;
    public static readonly GroupId Group = new("archive");

    private readonly Guid _commandId = Guid.NewGuid();
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };

    /// <summary>Sends the command; may be repeated.</summary>
    /// <returns>The answer; null when nobody was there to answer.</returns>
    public async Task<ICommandAnswer?> DefineAsync(string cluster, CancellationToken cancel)
    {
        try
        {
            return await system.Hub.Commands.SendAsync(
                new DefineGroup
                {
                    CommandId = _commandId,
                    Group = Group.Value,
                    Kind = "replica",
                    ClusterId = cluster,
                    Slots = Slots,
                    PerNodeMax = Slots / 2,
                },
                cancel);
        }
        catch (BusUnavailableException)
        {
            // Nobody is there yet; the caller asks again.
            return null;
        }
    }

    public async Task<ReplicaView> ViewAsync(IEnumerable<NodePlace> alive, CancellationToken cancel)
    {
        var page = await system.Directory.AllSlotsAsync(Group, cancel);
        var said = new HashSet<(NodeId, int, string)>();
        foreach (var node in alive)
        {
            var running = await _http.GetFromJsonAsync<List<RunningSlot>>(
                new Uri(Layout.Url(node.OwnerHttp), "/v1/slots"), ContractJson.Options, cancel);
            foreach (var slot in running!.Where(slot => slot.Group == Group.Value))
                said.Add((node.Node, slot.Slot, slot.Epoch));
        }

        var placed = page.Records.Where(slot => slot.State == SlotState.Running).ToList();
        var agreed = placed
            .Where(slot => slot.Node is { } on && said.Contains((on, slot.Slot, slot.Epoch.ToString())))
            .ToDictionary(slot => slot.Slot);
        return new ReplicaView(
            agreed,
            $"Of {Slots} slots the directory has {placed.Count} running, and live hosts say so of {agreed.Count}.");
    }

    /// <summary>The cluster that places the group's slots.</summary>
    public async Task<string> HomeAsync(CancellationToken cancel) =>
        (await system.Directory.LookupAsync([Group.Grain], cancel)).Single().Record?.Cluster.Value ?? "nobody";

    public void Dispose() => _http.Dispose();
}
