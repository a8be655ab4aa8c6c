using Holdfast.Scenarios;

namespace Holdfast.Gossip.Protocol.Tests;

/// <summary>Every story of this folder, with its expected course.</summary>
public sealed class ScenarioTests
{
    public static TheoryData<string> Names() => [.. Story.Names()];

    [Theory, MemberData(nameof(Names))]
    public void The_story_goes_as_written(string name) => Story.ShouldGoAsWritten(name, Scenario.Play);

    [Fact]
    public void There_are_stories() => Names().Count.ShouldBeGreaterThan(10);
}
