using System.Net;
using System.Text.RegularExpressions;

namespace Holdfast.Repository.Rules;

/// <summary>Nothing in the repository knows the machine, the network or the desk it was written at.</summary>
internal static partial class ForeignWords
{
    /// <summary>Public places that the words and files may point to. A new one is added here on purpose.</summary>
    private static readonly string[] KnownHosts =
    [
        "github.com", "raft.github.io", "opentelemetry.io", "www.apache.org", "www.w3.org", "www.rfc-editor.org",
        "schemas.microsoft.com", "learn.microsoft.com", "www.nuget.org", "redis.io", "www.rabbitmq.com",
        "json-schema.org", "www.asyncapi.com", "masstransit.io", "doi.org", "jepsen.io", "www.debian.org",
        "dotnet.microsoft.com",
    ];

    public static IEnumerable<Finding> Check(SourceTree tree) => tree.Files.SelectMany(OfFile);

    private static IEnumerable<Finding> OfFile(SourceFile file)
    {
        var lines = file.Lines;
        for (var i = 0; i < lines.Length; i++)
        {
            foreach (Match path in MachinePath().Matches(lines[i]))
                yield return file.Break(i + 1, $"{path.Value} is a path of one machine");
            foreach (Match url in Url().Matches(lines[i]))
            {
                if (!IsKnown(url.Groups["host"].Value))
                    yield return file.Break(i + 1, $"the host {url.Groups["host"].Value} is not among the known ones");
            }

            foreach (Match word in DeskWord().Matches(lines[i]))
                yield return file.Break(i + 1, $"'{word.Value}' speaks of how the work was organised, not of the work");
        }
    }

    /// <summary>A name without a dot is a host of a test or of a compose network; numbers are nobody's name.</summary>
    private static bool IsKnown(string host) =>
        !host.Contains('.', StringComparison.Ordinal)
        || IPAddress.TryParse(host, out _)
        || host.EndsWith(".example", StringComparison.Ordinal)
        || host is "example.com" or "example.org"
        || KnownHosts.Contains(host, StringComparer.Ordinal);

    // Written so that the expressions do not find themselves.
    [GeneratedRegex(@"(?<![\w.}-])/(wor[k]|hom[e]|roo[t]|User[s])/[\w.-]+|\b[A-Z]:\\User[s]")]
    private static partial Regex MachinePath();

    [GeneratedRegex(@"https?://(?<host>[A-Za-z0-9][A-Za-z0-9.-]*)")]
    private static partial Regex Url();

    [GeneratedRegex(
        @"\b(issue [0-9]+|work[t]ree|sub-?age[n]ts?)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex DeskWord();
}
