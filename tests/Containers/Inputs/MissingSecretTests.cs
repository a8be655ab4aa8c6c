using Holdfast.Containers.Compose;

namespace Holdfast.Containers.Inputs;

/// <summary>A set without some of its secrets says what is missing, and nothing of it is started.</summary>
public sealed class MissingSecretTests(ComposeWorld compose)
{
    [Theory]
    [InlineData("rabbitmq-definitions.json")]
    [InlineData("bus-users")]
    [InlineData("token-handoff")]
    public async Task A_set_with_a_secret_missing_names_it_and_what_makes_it_and_starts_nothing(string name)
    {
        var set = await compose.HealthyAsync();
        var secrets = System.IO.Directory.CreateTempSubdirectory("holdfast-secrets-");
        var missing = Path.Combine(secrets.FullName, name);
        foreach (var file in System.IO.Directory.EnumerateFiles(set.Secrets))
            File.Copy(file, Path.Combine(secrets.FullName, Path.GetFileName(file)));
        File.Delete(missing);
        var ports = ComposeFile.FreePorts(startAt: set.Ports);
        var incomplete = new ComposeSet($"{set.Project}-incomplete", ports, secrets.FullName);
        try
        {
            var ended = await incomplete.ComposeAsync("up", "--detach", "--no-build");

            ended.Code.ShouldNotBe(0);
            // Not in one line: v1 of Compose says both in each, v2 the service in its own and the file in the engine's.
            ended.Said.ShouldContain(missing);
            ended.Said.ShouldContain(ComposeFile.Gate);
            (await incomplete.ContainersAsync()).ShouldBeEmpty();
        }
        finally
        {
            await incomplete.ComposeAsync("down", "--volumes", "--timeout", "1");
            secrets.Delete(recursive: true);
        }
    }

    [Fact]
    public void What_everything_waits_for_mounts_every_secret()
    {
        const string opening = "secrets: [";
        var text = File.ReadAllText(ComposeFile.Location);
        var gate = text[text.IndexOf($"  {ComposeFile.Gate}:", StringComparison.Ordinal)..];
        var list = gate[(gate.IndexOf(opening, StringComparison.Ordinal) + opening.Length)..].Split(']')[0];

        list.Split(',', StringSplitOptions.TrimEntries).ShouldBe(ComposeFile.Secrets, ignoreOrder: true);
    }
}
