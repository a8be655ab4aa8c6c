using System.Globalization;
using Holdfast.Failover.Protocol.Tests.World;
using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol.Tests.Scenarios;

/// <summary>What a scenario says of its world.</summary>
internal sealed partial class Scenario
{
    private void DescribePhases(TwinShell shell)
    {
        foreach (var cluster in shell.Machine.View().Clusters)
        {
            var figures = cluster.Figures is { } known ? $" {TwinShell.Describe(known)}" : "";
            var unknown = cluster.Refused == RefusalReason.NobodyKnown
                ? $", nobody of it is known, {cluster.Stranded} grains"
                : "";
            Say($"{shell.Cluster}: {cluster.Cluster} is {cluster.Phase}{unknown}{figures}");
        }
    }

    private void DescribeGauges(TwinShell shell)
    {
        foreach (var cluster in shell.Machine.View().Clusters)
            Say($"{shell.Cluster}: {cluster.Cluster} refused={cluster.Refused} stranded={cluster.Stranded}");
    }

    private void DescribeOwners()
    {
        foreach (var owner in _world.Shards.SelectMany(shard => shard.Grains).GroupBy(grain => grain.Owner)
            .OrderBy(group => group.Key))
        {
            Say($"{owner.Key} owns {owner.Count()}");
        }
    }

    private void Say(string what) => _said.Append(
        CultureInfo.InvariantCulture, $"{(_now - Instant.Zero - TimeSpan.FromHours(10)).TotalSeconds,6:0.00} {what}\n");

    private static ulong U(string text) => ulong.Parse(text, CultureInfo.InvariantCulture);
}
