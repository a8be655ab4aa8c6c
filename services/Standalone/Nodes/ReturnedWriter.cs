using System.Text.Json;
using Holdfast.Contracts;
using Holdfast.Standalone.Processes;
using Holdfast.Standalone.Resource;

namespace Holdfast.Standalone.Nodes;

/// <summary>
/// An owner that was killed and comes back, believing what its journal says: it asks nobody, and writes every grain
/// it held under the epoch it held it. Only the resource can stop it.
/// </summary>
internal static class ReturnedWriter
{
    public static async Task<int> RunAsync(string assignmentFile)
    {
        using var signals = Signals.OfChild();
        var parentGone = ChildSide.ParentGone();
        var assignment = NodeAssignment.Read(assignmentFile);
        var journal = OwnerJournal.Read(assignment.JournalFile);
        using var resource = new ResourceClient(assignment.Resource, assignment.TokenFile, $"old {journal.Node}");
        var answer = await resource.WriteAsync(
            journal.Held(), $"overwritten by the old {journal.Node}", CancellationToken.None);
        ChildSide.SayReady(JsonSerializer.Serialize(answer, ContractJson.Options));
        await Task.WhenAny(parentGone, Task.Delay(Timeout.InfiniteTimeSpan, signals.Stop));
        return 0;
    }
}
