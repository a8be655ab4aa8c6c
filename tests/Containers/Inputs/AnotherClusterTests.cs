using System.Text.RegularExpressions;
using Holdfast.Containers.Compose;

namespace Holdfast.Containers.Inputs;

/// <summary>deploy/another-cluster.yml repeats much of docker-compose.yml, which must not drift from it.</summary>
public sealed partial class AnotherClusterTests
{
    private const int PortPrefix = 81;

    [Theory]
    [InlineData("west-1", "north-1")]
    [InlineData("accounts-west-1", "accounts-north-1")]
    [InlineData("failover-west", "failover-north")]
    [InlineData("recovery-west", "recovery-north")]
    public async Task Another_cluster_differs_from_those_there_are_in_names_and_ports_only(string known, string other)
    {
        Assert.SkipWhen(await ComposeSet.CommandAsync() is null, "There is no Compose.");
        var set = new ComposeSet("holdfast-another", PortPrefix, "/nowhere");

        var ended = await set.ComposeAsync("--file", ComposeFile.AnotherCluster, "config");

        ended.Succeeded.ShouldBeTrue(ended.Said);
        var north = Service(ended, other).Select(line => line.Replace("north", "west", StringComparison.Ordinal))
            .Select(line => NorthPort().Replace(line, $"{PortPrefix}2$1"));
        var west = Service(ended, known).ToList();
        west.Count.ShouldBeGreaterThan(20);
        north.ShouldBe(west);
    }

    // Compose prints all of it in one form, with the services at two spaces and what they are at four and more.
    private static IEnumerable<string> Service(Ended config, string name) => config.Lines
        .SkipWhile(line => line.TrimEnd() != $"  {name}:")
        .Skip(1)
        .TakeWhile(line => line.StartsWith("    ", StringComparison.Ordinal));

    [GeneratedRegex(@"\b814(\d)\b")]
    private static partial Regex NorthPort();
}
