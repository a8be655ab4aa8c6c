using Holdfast.Containers.Compose;

namespace Holdfast.Containers.Audits;

/// <summary>What somebody gains who gets into one of the containers, or at its image: next to nothing.</summary>
public sealed class HardeningTests(ComposeWorld compose)
{
    [Fact]
    public async Task No_container_has_more_rights_than_it_needs_or_a_secret_that_others_can_read()
    {
        var set = await compose.HealthyAsync();
        using var inspected = await Inspection.OfAsync(await set.ContainersAsync());
        var secrets = set.SecretValues();

        var findings = inspected.Containers.SelectMany(one => Hardening.Examine(one, secrets)).ToList();

        secrets.Count.ShouldBeGreaterThan(10);
        inspected.Containers.Count().ShouldBeGreaterThanOrEqualTo(21);
        findings.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_program_in_a_container_is_not_root_and_has_nothing_to_write_to()
    {
        var set = await compose.HealthyAsync();
        using var inspected = await Inspection.OfAsync(await set.ContainersAsync());
        List<string> findings = [];
        foreach (var one in inspected.Containers.Where(one => one.IsRunning))
            findings.AddRange(await Hardening.ExamineInsideAsync(one));

        findings.ShouldBeEmpty();
    }

    [Fact]
    public async Task No_image_holds_a_secret_or_starts_as_root()
    {
        var set = await compose.HealthyAsync();
        List<string> findings = [];
        foreach (var image in ComposeFile.OwnImages)
            findings.AddRange(await Hardening.ExamineImageAsync(image, set.SecretValues()));

        findings.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_container_with_every_weakness_is_found_out_by_each()
    {
        var set = await compose.HealthyAsync();
        var secret = set.Secret("bus-users");
        await using var weak = await StrayContainer.RunAsync(
            set,
            "--user", "0", "--cap-add", "NET_RAW", "--env", $"Bus__Username={secret}", "--env", "Bus__Password=guest",
            "--entrypoint", "sleep", "holdfast/ledger", "600");
        using var inspected = await Inspection.OfAsync([weak.Id]);
        var container = inspected.Containers.Single();

        var findings = Hardening.Examine(container, set.SecretValues());
        var inside = await Hardening.ExamineInsideAsync(container);

        findings.Select(finding => finding[(container.Name.Length + 2)..]).ShouldBe(
        [
            "runs as root", "may write to its root", "keeps capabilities", "gains NET_RAW", "may gain privileges",
            "has no memory limit", "a secret in its environment, command or labels",
            "Bus__Password is no file in /run/secrets/",
        ]);
        inside.Select(finding => finding[(container.Name.Length + 2)..]).ShouldBe(
            ["a program in it is root", "CapPrm is", "CapEff is", "CapBnd is", "a program in it may gain privileges",
                "/probe could be written", "/usr/probe could be written", "/etc/probe could be written"],
            new StartsWith());
    }

    [Fact]
    public async Task An_image_with_a_secret_in_it_is_found_out()
    {
        var set = await compose.HealthyAsync();
        var secret = set.Secret("bus-users");
        await using var leaky = await StrayImage.BuildAsync(
            set,
            $"""
             FROM holdfast/ledger
             USER root
             RUN mkdir /app/secrets && echo nothing > /app/secrets/bus-users
             ENV BUS_PASSWORD={secret}
             """);

        var findings = await Hardening.ExamineImageAsync(leaky.Name, set.SecretValues());

        findings.Select(finding => finding[(leaky.Name.Length + 2)..]).ShouldBe(
        [
            "runs as root", "a secret in its environment, command or labels",
            "BUS_PASSWORD is no file in /run/secrets/", "a secret in its history",
            $"BUS_PASSWORD={secret} in its history", "holds /app/secrets", "holds /app/secrets/bus-users",
        ]);
    }

    private sealed class StartsWith : IEqualityComparer<string>
    {
        public bool Equals(string? finding, string? start) =>
            finding!.StartsWith(start!, StringComparison.Ordinal)
            || start!.StartsWith(finding, StringComparison.Ordinal);

        public int GetHashCode(string text) => 0;
    }
}
