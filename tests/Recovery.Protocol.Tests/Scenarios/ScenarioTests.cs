using System.Runtime.CompilerServices;

namespace Holdfast.Recovery.Protocol.Tests.Scenarios;

/// <summary>
/// Every file of this folder is a story with its expected course. <c>HOLDFAST_REWRITE=1</c> writes the course anew;
/// the difference is then reviewed like code.
/// </summary>
public sealed class ScenarioTests
{
    private static string Folder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;

    public static TheoryData<string> Names() =>
        [.. Directory.GetFiles(Folder(), "*.txt").Select(file => Path.GetFileNameWithoutExtension(file)).Order()];

    [Theory, MemberData(nameof(Names))]
    public void The_story_goes_as_written(string name)
    {
        var path = Path.Combine(Folder(), name + ".txt");
        var written = File.ReadAllText(path);
        var played = Scenario.Play(written);
        if (Environment.GetEnvironmentVariable("HOLDFAST_REWRITE") == "1") File.WriteAllText(path, played);
        else played.ShouldBe(written);
    }

    [Fact]
    public void There_are_stories() => Names().Count.ShouldBeGreaterThan(10);
}
