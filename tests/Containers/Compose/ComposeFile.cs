using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Holdfast.Containers.Compose;

/// <summary>What the compose files say, as far as the tests read them themselves.</summary>
internal static partial class ComposeFile
{
    /// <summary>The service that everything waits for, and that ends at once if all secrets are there.</summary>
    public const string Gate = "secrets-made-by-deploy-secrets.sh";

    /// <summary>The service that shows what all others tell of themselves; only with a profile.</summary>
    public const string Dashboard = "dashboard";

    private const int PrefixMin = 20;
    private const int PrefixCount = 40;

    public static string Location { get; } = Path.Combine(Engine.Root, "docker-compose.yml");

    /// <summary>What adds a cluster to it.</summary>
    public static string AnotherCluster { get; } = Path.Combine(Engine.Root, "deploy", "another-cluster.yml");

    /// <summary>The images of ours that it names, each once.</summary>
    public static IReadOnlyList<string> OwnImages { get; } =
        [.. Found(OwnImage(), Location).Distinct(StringComparer.Ordinal)];

    /// <summary>The last two digits of every port that both publish, as often as they are published.</summary>
    public static IReadOnlyList<int> Ports { get; } =
    [
        .. Found(PublishedPort(), Location, AnotherCluster)
            .Select(digits => int.Parse(digits, CultureInfo.InvariantCulture)),
    ];

    /// <summary>The secrets that it mounts from files.</summary>
    public static IReadOnlyList<string> Secrets { get; } = [.. Found(SecretFile(), Location)];

    /// <summary>A prefix of two digits under which nobody listens on any published port of this machine.</summary>
    /// <param name="startAt">Any number: which prefix is tried first.</param>
    public static int FreePorts(int startAt) => Enumerable.Range(startAt, PrefixCount)
        .Select(number => PrefixMin + (number % PrefixCount))
        .First(prefix => Ports.All(port => IsFree((prefix * 100) + port)));

    private static IEnumerable<string> Found(Regex pattern, params string[] files) =>
        files.SelectMany(file => pattern.Matches(File.ReadAllText(file))).Select(match => match.Groups[1].Value);

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"image: (holdfast/[\w-]+)")]
    private static partial Regex OwnImage();

    [GeneratedRegex(@"\$\{HOLDFAST_PORTS:-81\}(\d\d):")]
    private static partial Regex PublishedPort();

    [GeneratedRegex(@"\$\{HOLDFAST_SECRETS:-\./deploy/secrets\}/([\w.-]+)")]
    private static partial Regex SecretFile();
}
