using System.Text.Json;
using System.Text.RegularExpressions;
using Holdfast.Containers.Compose;

namespace Holdfast.Containers.Audits;

/// <summary>Whether containers have no more rights than they need, and no secret where others can read it.</summary>
internal static partial class Hardening
{
    private const string SecretsFolder = "/run/secrets/";

    private static readonly string[] Roots = ["", "0", "root"];

    /// <summary>What is wrong with a container by its description, each in a sentence.</summary>
    /// <param name="one">The container.</param>
    /// <param name="secrets">Values that may stand nowhere in it.</param>
    public static IEnumerable<string> Examine(InspectedContainer one, IReadOnlyCollection<string> secrets) =>
        Settings(one).Concat(Words(one.Config, secrets)).Select(finding => $"{one.Name}: {finding}");

    /// <summary>What is wrong inside a running container, as a program in it sees it.</summary>
    public static async Task<IEnumerable<string>> ExamineInsideAsync(InspectedContainer one)
    {
        const string look = "cat /proc/self/status; for f in /probe /usr/probe /etc/probe; do "
            + "if (: > $f) 2>/dev/null; then echo \"Wrote: $f\"; fi; done";
        var said = await Engine.DockerAsync("exec", one.Id, "sh", "-c", look);
        return Seen(said).Select(finding => $"{one.Name}: {finding}");
    }

    /// <summary>What is wrong with an image: words of its description, and files by the names of our secrets.</summary>
    public static async Task<IEnumerable<string>> ExamineImageAsync(string image, IReadOnlyCollection<string> secrets)
    {
        using var described = JsonDocument.Parse((await Engine.DockerAsync("image", "inspect", image)).Output);
        var config = described.RootElement[0].GetProperty("Config");
        var history = await Engine.DockerAsync("history", "--no-trunc", "--format", "{{.CreatedBy}}", image);
        // As root, who sees all of it, and not below another mount: what the engine puts there is not of the image.
        var names = string.Join(" -o ", ComposeFile.Secrets.Append("secrets").Select(name => $"-name {name}"));
        var files = await Engine.DockerAsync(
            "run", "--rm", "--network", "none", "--user", "0", "--entrypoint", "sh", image, "-c",
            $"find / -xdev \\( -path /proc -o -path /usr/share \\) -prune -o \\( {names} \\) -print");
        IEnumerable<string> findings =
        [
            .. IsRoot(config) ? ["runs as root"] : Array.Empty<string>(),
            .. Words(config, secrets),
            .. secrets.Where(secret => history.Output.Contains(secret)).Select(_ => "a secret in its history"),
            .. SecretByName().Matches(history.Output).Select(match => $"{match.Value} in its history"),
            .. files.Lines.Select(file => $"holds {file}"),
        ];
        return findings.Select(finding => $"{image}: {finding}");
    }

    private static IEnumerable<string> Settings(InspectedContainer one)
    {
        var host = one.Host;
        if (IsRoot(one.Config)) yield return "runs as root";
        if (!host.GetProperty("ReadonlyRootfs").GetBoolean()) yield return "may write to its root";
        if (host.GetProperty("Privileged").GetBoolean()) yield return "is privileged";
        if (!Texts(host, "CapDrop").Contains("ALL")) yield return "keeps capabilities";
        if (Texts(host, "CapAdd").ToList() is { Count: > 0 } added) yield return $"gains {string.Join(", ", added)}";
        if (!Texts(host, "SecurityOpt").Any(option => option.StartsWith("no-new-privileges", StringComparison.Ordinal)))
            yield return "may gain privileges";
        if (host.GetProperty("Memory").GetInt64() <= 0) yield return "has no memory limit";
        if (Texts(host, "Binds").Any(bind => bind.Contains("docker.sock"))) yield return "has the engine's socket";
    }

    // A setting that is called after a secret must be the name of a file, and no value of ours may stand anywhere.
    private static IEnumerable<string> Words(JsonElement config, IReadOnlyCollection<string> secrets)
    {
        var all = config.GetRawText();
        if (secrets.Any(all.Contains)) yield return "a secret in its environment, command or labels";
        foreach (var setting in Texts(config, "Env"))
        {
            var (name, value) = (setting.Split('=', 2)[0], setting.Split('=', 2)[^1]);
            if (SecretName().IsMatch(name) && !value.StartsWith(SecretsFolder, StringComparison.Ordinal))
                yield return $"{name} is no file in {SecretsFolder}";
        }
    }

    private static IEnumerable<string> Seen(Ended said)
    {
        var status = said.Lines.Select(line => line.Split(':', 2)).Where(pair => pair.Length == 2)
            .ToLookup(pair => pair[0], pair => pair[1].Trim(), StringComparer.Ordinal);
        if (status["Uid"].Single().Split('\t').Contains("0")) yield return "a program in it is root";
        foreach (var set in new[] { "CapPrm", "CapEff", "CapBnd" })
        {
            if (status[set].Single().Trim('0') is { Length: > 0 } left) yield return $"{set} is {left}";
        }

        if (status["NoNewPrivs"].Single() != "1") yield return "a program in it may gain privileges";
        foreach (var file in status["Wrote"]) yield return $"{file} could be written";
    }

    private static bool IsRoot(JsonElement config) =>
        Roots.Contains((config.GetProperty("User").GetString() ?? "").Split(':')[0]);

    private static IEnumerable<string> Texts(JsonElement element, string property) =>
        element.TryGetProperty(property, out var list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray().Select(item => item.GetString() ?? "")
            : [];

    [GeneratedRegex("password|secret|token|credential", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex SecretName();

    [GeneratedRegex(@"\w*(password|secret|token)\w*=\S+", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex SecretByName();
}
