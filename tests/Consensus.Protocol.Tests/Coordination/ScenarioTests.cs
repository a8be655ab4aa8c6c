namespace Holdfast.Consensus.Protocol.Tests.Coordination;

public sealed class ScenarioTests
{
    public static TheoryData<string> Files =>
    [
        .. Directory.GetFiles(Scenario.Folder(), "*.txt").Order()
            .Select(file => Path.GetFileNameWithoutExtension(file)!),
    ];

    [Theory]
    [MemberData(nameof(Files))]
    public void The_log_comes_to_what_the_scenario_says(string name)
    {
        var file = Path.Combine(Scenario.Folder(), $"{name}.txt");
        var expected = File.ReadAllText(file);
        var actual = Scenario.Run(expected);
        if (Environment.GetEnvironmentVariable("HOLDFAST_REWRITE_SCENARIOS") == "1") File.WriteAllText(file, actual);
        else actual.ShouldBe(expected);
    }
}
